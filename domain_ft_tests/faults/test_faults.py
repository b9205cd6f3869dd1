"""Whatever is killed, whenever: nothing is lost, doubled or half seen, and the weights are the same."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
KILLS = 36


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_no_kill_leaves_a_trace() -> None:
    command = [sys.executable, "-m", "domain_ft_tests.faults.campaign", "--kills", str(KILLS)]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    said = done.stderr[-3000:]
    assert done.stdout, said
    outcome = json.loads(done.stdout.splitlines()[-1])
    assert (outcome["kills"], outcome["findings"], outcome["unlike"]) == (KILLS, {}, []), said

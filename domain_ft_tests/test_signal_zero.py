"""At signal 0 a sample history holds nothing to learn, and the whole chain must not find anything there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "signal_zero.py"


@pytest.mark.slow
def test_the_benchmark_wins_no_more_often_than_chance_where_there_is_nothing_to_learn() -> None:
    command = [sys.executable, str(SCRIPT), "--seeds", "4", "--builds", "200", "--tests", "80"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    outcome = json.loads(done.stdout.splitlines()[-1])
    assert outcome["seeds"] == 4
    assert outcome["p_value"] > 0.01, outcome

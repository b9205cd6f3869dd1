"""Somebody's code runs for so long, with so much memory, and nothing of it is left."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from domain_ft.recording import process
from domain_ft.recording.process import Ended, run_limited

HANGS_WITH_A_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdin=subprocess.DEVNULL)
print(child.pid, flush=True)
time.sleep(600)
"""


def run(tmp_path: Path, code: str, seconds: float = 60, memory_bytes: int | None = None) -> Ended:
    return run_limited(
        [sys.executable, "-S", "-c", code],
        folder=tmp_path,
        environment=os.environ,
        log=tmp_path / "output.txt",
        seconds=seconds,
        memory_bytes=memory_bytes,
    )


def gone(pid: int) -> bool:
    for _ in range(200):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_what_ends_by_itself_says_how(tmp_path: Path) -> None:
    ended = run(tmp_path, "print('said'); raise SystemExit(3)")
    assert (ended.exit_code, ended.stopped) == (3, None)
    assert (tmp_path / "output.txt").read_text() == "said\n"


def test_what_takes_too_long_is_ended_with_all_that_it_has_started(tmp_path: Path) -> None:
    ended = run(tmp_path, HANGS_WITH_A_CHILD, seconds=1)
    assert ended.stopped == "time"
    assert gone(int((tmp_path / "output.txt").read_text().split()[0]))


def test_what_is_stopped_can_still_write_what_it_knows(tmp_path: Path) -> None:
    code = "import time\ntry: time.sleep(600)\nfinally: open('known', 'w').write('all')"
    run(tmp_path, code, seconds=1)
    assert (tmp_path / "known").read_text() == "all"


def test_what_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_S", 0.2)
    code = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)"
    assert run(tmp_path, code, seconds=0.5).exit_code == -signal.SIGKILL


def test_what_takes_too_much_memory_is_ended(tmp_path: Path) -> None:
    ended = run(tmp_path, "import time; held = bytearray(200_000_000); time.sleep(600)", memory_bytes=100_000_000)
    assert ended.stopped == "memory"


def test_a_run_dies_with_whoever_waits_for_it(tmp_path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path; from domain_ft.recording.process import run_limited\n"
        "run_limited([sys.executable, '-c', 'import domain_ft.recording.in_pytest, os, time\\n"
        "print(os.getpid(), flush=True); time.sleep(600)'], folder=Path('.'), environment=os.environ, "
        "log=Path('output.txt'), seconds=600)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(process.__file__).parents[2])}
    waiting = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment)
    said = tmp_path / "output.txt"
    while not (said.exists() and said.read_text().strip()):
        assert waiting.poll() is None
        time.sleep(0.02)
    waiting.kill()
    waiting.wait()
    assert gone(json.loads(said.read_text()))

"""Whom a kill from outside reaches."""

import signal
import subprocess
import sys

import psutil

from domain_ft_tests.faults.processes import send


def test_a_signal_reaches_a_process_that_runs() -> None:
    worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert send(worker.pid, "worker", signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL


def test_a_process_that_has_ended_is_reached_no_more() -> None:
    worker = subprocess.Popen([sys.executable, "-c", ""])
    while psutil.Process(worker.pid).status() != psutil.STATUS_ZOMBIE:
        pass
    assert not send(worker.pid, "worker", signal.SIGKILL)
    worker.wait()
    assert not send(worker.pid, "worker", signal.SIGKILL)

"""A process that is asked to stop finishes what it must, and ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from domain_ft.training.job import TrainingJob, write_job
from domain_ft.training.progress import PROGRESS_FILE, ProgressReader
from domain_ft.training.stop import EXIT_STOPPED, LIFELINE_VARIABLE, StopRequest

MakeJob = Callable[..., TrainingJob]


def started(job: TrainingJob) -> tuple[subprocess.Popen[bytes], ProgressReader]:
    job_file = write_job(job)
    reader = ProgressReader(job.work / PROGRESS_FILE)
    process = subprocess.Popen([sys.executable, "-m", "fake_training", str(job_file)])
    wait_for_event(reader)
    return process, reader


def wait_for_event(reader: ProgressReader) -> None:
    until = time.monotonic() + 20
    while not reader.new_events():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_the_first_reason_stays() -> None:
    request = StopRequest()
    assert not request.asked
    request.ask("one")
    request.ask("two")
    assert (request.asked, request.reason) == (True, "one")


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_two_signals_in_one_moment_still_leave_time_for_a_checkpoint(make_job: MakeJob, second: int) -> None:
    process, reader = started(make_job("stop_slowly", slowly_s=0.5))
    process.send_signal(signal.SIGTERM)
    wait_for_event(reader)
    process.send_signal(second)
    assert process.wait(20) == EXIT_STOPPED
    assert [event.kind for event in reader.new_events()] == ["stopped"]


def test_a_second_ctrl_c_ends_the_process_at_once(make_job: MakeJob) -> None:
    process, reader = started(make_job("stop_slowly", slowly_s=30))
    process.send_signal(signal.SIGINT)
    wait_for_event(reader)
    time.sleep(1.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == EXIT_STOPPED
    assert reader.new_events() == []


def test_a_process_that_does_not_end_within_its_grace_ends_itself(make_job: MakeJob) -> None:
    process, _ = started(make_job("stop_slowly", slowly_s=30, grace_s=0.5))
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == EXIT_STOPPED


def test_without_a_parent_there_is_no_lifeline(make_job: MakeJob) -> None:
    assert LIFELINE_VARIABLE not in os.environ
    process, _ = started(make_job("wait_for_stop"))
    time.sleep(0.3)
    assert process.poll() is None
    process.terminate()
    assert process.wait(10) == EXIT_STOPPED

"""A training process is followed, cancelled and outlived as promised: real processes, a fake training."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.training.job import TrainingJob
from domain_ft.training.progress import TrainingEvent
from domain_ft.training.stop import TrainingStoppedError
from domain_ft.training.supervise import TrainingOutOfMemoryError, run_training

MakeJob = Callable[..., TrainingJob]


def test_events_arrive_in_order_and_none_is_lost(make_job: MakeJob) -> None:
    events: list[TrainingEvent] = []
    run_training(make_job(), on_event=events.append)
    assert [(event.kind, event.step) for event in events] == [("log", 1), ("log", 2), ("log", 3)]
    assert events[0].values == {"loss": 1.0}


def test_events_of_an_earlier_attempt_are_not_told_again(make_job: MakeJob) -> None:
    run_training(make_job(), on_event=lambda event: None)
    events: list[TrainingEvent] = []
    run_training(make_job(), on_event=events.append)
    assert len(events) == 3


def test_cancel_asks_and_waits_for_the_checkpoint(make_job: MakeJob) -> None:
    job, events = make_job("wait_for_stop"), []
    with pytest.raises(TrainingStoppedError, match="asked to by SIGTERM"):
        run_training(job, on_event=events.append, cancelled=lambda: bool(events))
    assert (job.work / "checkpoint").is_file()
    assert events[-1].kind == "stopped"


def test_cancel_kills_the_group_after_the_grace(make_job: MakeJob) -> None:
    job, events = make_job("never_stop"), []
    with pytest.raises(TrainingStoppedError, match="was ended"):
        run_training(job, on_event=events.append, cancelled=lambda: bool(events), grace_s=0.5)
    assert gone(int((job.work / "grandchild").read_text()))


def test_an_interrupt_of_the_parent_stops_the_child_and_goes_on_up(make_job: MakeJob) -> None:
    job = make_job("wait_for_stop")

    def interrupt(event: TrainingEvent) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_training(job, on_event=interrupt)
    assert (job.work / "checkpoint").read_text() == "asked to by SIGTERM"


def test_a_child_whose_parent_is_killed_stops_by_itself(make_job: MakeJob) -> None:
    job = make_job("wait_for_stop")
    script = (
        "import sys; from pathlib import Path; from domain_ft.training.job import TrainingJob, read_job\n"
        "from domain_ft.training.supervise import run_training\n"
        "run_training(read_job(Path(sys.argv[1]), TrainingJob), on_event=lambda event: print(event.kind, flush=True))\n"
    )
    from domain_ft.training.job import write_job

    parent = subprocess.Popen([sys.executable, "-c", script, str(write_job(job))], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"log\n"
    child = psutil.Process(parent.pid).children()[0]
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert gone(child.pid)
    assert (job.work / "checkpoint").read_text() == "the process that started it has ended"


def test_a_failure_is_the_childs_own_sentence(make_job: MakeJob) -> None:
    with pytest.raises(DomainFtError, match=r"^the model did not learn$") as error:
        run_training(make_job("fail"), on_event=lambda event: None)
    assert error.value.exit_code == 1


def test_what_the_child_refuses_is_an_input_error(make_job: MakeJob) -> None:
    with pytest.raises(InputError, match=r"^freeze_layers: 9 is more than 6$"):
        run_training(make_job("refuse"), on_event=lambda event: None)


def test_out_of_memory_has_a_class_of_its_own(make_job: MakeJob) -> None:
    with pytest.raises(TrainingOutOfMemoryError, match="memory ran out"):
        run_training(make_job("run_out_of_memory"), on_event=lambda event: None)


def test_a_child_killed_by_the_system_most_likely_ran_out_of_memory(make_job: MakeJob) -> None:
    with pytest.raises(TrainingOutOfMemoryError, match=r"killed by the system.* half the batch_size"):
        run_training(make_job("be_killed"), on_event=lambda event: None)


def test_a_child_that_dies_without_a_word_is_named_with_its_log(make_job: MakeJob) -> None:
    job = make_job("say_nothing")
    with pytest.raises(DomainFtError, match=r"ended with exit code 1 without saying why; its log: .*train\.log"):
        run_training(job, on_event=lambda event: None)
    assert "a bug" in (job.work / "train.log").read_text()


def test_no_descriptor_is_left_open(make_job: MakeJob) -> None:
    before = len(list(Path(f"/proc/{os.getpid()}/fd").iterdir()))
    run_training(make_job(), on_event=lambda event: None)
    assert len(list(Path(f"/proc/{os.getpid()}/fd").iterdir())) == before


def gone(pid: int, within_s: float = 10) -> bool:
    """Whether a process ends in time (a zombie that nobody waits for has ended)."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False

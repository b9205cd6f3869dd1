"""One device computes for one at a time, and one version is trained once: real processes, a fake training."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
from filelock import FileLock

from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published
from domain_ft.store.vectors import FloatArray, cached_encode
from domain_ft.training.job import TrainingJob, write_job
from domain_ft.training.lease import device_lease, leased_devices, leased_encode, training_lease
from domain_ft.training.progress import PROGRESS_FILE, TrainingEvent
from domain_ft.training.stop import EXIT_STOPPED, StopRequest, TrainingStoppedError
from domain_ft.training.supervise import run_training

MakeJob = Callable[..., TrainingJob]
FIRST, SECOND = "aaaaaaaaaaaa", "bbbbbbbbbbbb"


class Both:
    """Two trainings: the second starts once the first has begun, which ends once the second waits."""

    def __init__(self, first: TrainingJob, second: TrainingJob) -> None:
        self.events: tuple[list[TrainingEvent], list[TrainingEvent]] = ([], [])
        with ThreadPoolExecutor(2) as pool:
            self.first: Future[None] = pool.submit(run_training, first, on_event=self.events[0].append)
            wait_until(lambda: bool(self.events[0]))
            self.second: Future[None] = pool.submit(run_training, second, on_event=self.events[1].append)
            try:
                wait_until(lambda: bool(self.events[1]))
            finally:
                (first.home / "go on").touch()

    def told(self, number: int) -> list[str]:
        return [event.kind for event in self.events[number]]


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)


def test_two_trainings_on_one_device_come_one_after_the_other(make_job: MakeJob, home: Home) -> None:
    first, second = (make_job("take_its_turn", version) for version in (FIRST, SECOND))
    both = Both(first, second)
    assert (home.root / "notes").read_text().split("\n")[:-1] == [
        f"begins {FIRST}", f"ends {FIRST}", f"begins {SECOND}", f"ends {SECOND}"
    ]  # fmt: skip
    assert both.told(0) == ["log"]
    assert both.told(1) == ["waiting", "log"]
    holder = int((first.work / "pid").read_text())
    assert both.events[1][0].message == f"waits for cpu: pid {holder} trains d/{FIRST}"


def test_the_second_training_of_a_version_finds_what_the_first_has_published(make_job: MakeJob, home: Home) -> None:
    job = make_job("take_its_turn")
    both = Both(job, job)
    assert (home.root / "notes").read_text().count("begins") == 1
    assert both.told(0) == ["log"]
    assert both.told(1) == ["waiting", "reused"]
    assert both.events[1][0].message.startswith("waits for d/0123456789ab: pid ")


def test_if_the_first_training_of_a_version_dies_the_second_goes_on(make_job: MakeJob, home: Home) -> None:
    job = make_job("take_its_turn", dies=True)
    both = Both(job, job)
    assert isinstance(both.first.exception(), DomainFtError)
    assert both.second.exception() is None
    assert is_published(job.target)
    assert (home.root / "notes").read_text().split()[::2] == ["begins", "dies", "begins", "ends"]


def test_a_training_that_waits_ends_at_once_when_it_is_cancelled(make_job: MakeJob, home: Home) -> None:
    events: list[TrainingEvent] = []
    with device_lease(home, "cpu", "does something", on_wait=print):
        start = time.monotonic()
        with pytest.raises(TrainingStoppedError, match=r"asked to by SIGTERM. while it waited for cpu"):
            run_training(make_job("take_its_turn"), on_event=events.append, cancelled=lambda: bool(events))
    assert time.monotonic() - start < 10
    assert [event.kind for event in events] == ["waiting", "stopped"]


def test_a_training_that_waits_ends_with_its_parent(make_job: MakeJob, home: Home) -> None:
    script = (
        "import sys; from pathlib import Path; from domain_ft.training.job import TrainingJob, read_job\n"
        "from domain_ft.training.supervise import run_training\n"
        "run_training(read_job(Path(sys.argv[1]), TrainingJob), on_event=lambda event: print(event.kind, flush=True))\n"
    )
    job = make_job("take_its_turn")
    with device_lease(home, "cpu", "does something", on_wait=print):
        parent = subprocess.Popen([sys.executable, "-c", script, str(write_job(job))], stdout=subprocess.PIPE)
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"waiting\n"
        (child,) = psutil.Process(parent.pid).children()
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        wait_until(lambda: '"stopped"' in (job.work / PROGRESS_FILE).read_text())
        wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_by_hand_a_waiting_training_ends_at_ctrl_c(make_job: MakeJob, home: Home) -> None:
    job = make_job("take_its_turn")
    with device_lease(home, "cpu", "does something", on_wait=print):
        process = subprocess.Popen([sys.executable, "-m", "fake_training", str(write_job(job))])
        wait_until(lambda: (job.work / PROGRESS_FILE).exists())
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == EXIT_STOPPED


def test_under_a_launcher_nothing_waits(make_job: MakeJob, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    holding = device_lease(home, "cpu", "does something", on_wait=print)
    with holding, pytest.raises(DomainFtError, match="under a launcher nothing waits"):
        ThreadPoolExecutor(1).submit(lease, make_job()).result()


def lease(job: TrainingJob) -> None:
    with training_lease(job, "cpu", print, StopRequest()):
        pass


@pytest.mark.parametrize(
    ("device", "environment", "names"),
    [
        ("cpu", {}, ("cpu",)),
        ("cpu", {"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2"}, ("cpu",)),
        ("cuda", {}, ("cuda-0",)),
        ("cuda:1", {}, ("cuda-1",)),
        ("cuda:0", {"CUDA_VISIBLE_DEVICES": "3"}, ("cuda-3",)),
        ("cuda:1", {"CUDA_VISIBLE_DEVICES": "3, 5"}, ("cuda-5",)),
        ("cuda:0", {"CUDA_VISIBLE_DEVICES": "MIG-GPU-ab/1/0"}, ("cuda-MIG-GPU-ab-1-0",)),
        ("cuda:0", {"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2"}, ("cuda-0", "cuda-1")),
        (
            "cuda:0",
            {"LOCAL_RANK": "0", "LOCAL_WORLD_SIZE": "2", "CUDA_VISIBLE_DEVICES": "7,2"},
            ("cuda-2", "cuda-7"),
        ),
    ],
)
def test_a_device_has_the_same_name_whoever_uses_it(
    device: str, environment: dict[str, str], names: tuple[str, ...]
) -> None:
    assert leased_devices(device, environment) == names


def test_nothing_is_left_beside_a_lock_that_was_let_go(home: Home) -> None:
    with device_lease(home, "cpu", "does something", on_wait=print):
        assert len(list((home.state / "locks").glob("*.holder"))) == 1
    assert list(Path(home.state / "locks").glob("*.holder")) == []


def test_who_encodes_waits_for_the_device_too_but_not_for_what_is_remembered(home: Home) -> None:
    told: list[str] = []
    held = FileLock(home.lock("device-cpu"), thread_local=False)

    def let_go(sentence: str) -> None:
        told.append(sentence)
        held.release()

    def ones(texts: Sequence[str]) -> FloatArray:
        return np.ones((len(texts), 2), np.float32)

    encode = cached_encode(leased_encode(ones, home, "cpu", "encodes", let_go), home.cache / "embeddings")
    held.acquire()
    with ThreadPoolExecutor(1) as pool:
        assert len(pool.submit(encode, ["a", "b"]).result(20)) == 2
        assert told == ["waits for cpu: another process"]
        held.acquire()
        assert len(pool.submit(encode, ["b", "a"]).result(20)) == 2
    held.release()

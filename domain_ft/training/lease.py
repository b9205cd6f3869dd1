"""Who computes on a device, and who trains a version: one process at a time, whether Dagster started it or a person.

The locks are files below the state root, held by the computing process itself, so that they end with it, however it
ends. Beside each lies a note that says who holds it, for those who wait.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home
from domain_ft.training.device import VISIBLE, prepare_threads, resolve_device
from domain_ft.training.job import TrainingJob
from domain_ft.training.progress import OnEvent, TrainingEvent
from domain_ft.training.stop import StopRequest, TrainingStoppedError

if TYPE_CHECKING:
    from domain_ft.store.vectors import Encode, FloatArray

POLL_S = 0.2
TELL_EVERY_S = 60.0


def just_wait() -> None:
    """Nothing but an exception ends the wait."""


@contextmanager
def hold(
    lock: Path, name: str, does: str, *, on_wait: Callable[[str], None], check: Callable[[], None] = just_wait
) -> Iterator[None]:
    """Hold a lock file, after waiting for as long as another process does.

    `does` says to others what this process does with it. `on_wait` is told whom it waits for, at first and now and
    then; `check` is called several times a second and ends the wait by raising.
    """
    file, told, told_at = FileLock(lock), "", 0.0
    while not _acquired(file):
        check()
        sentence = f"waits for {name}: {_holder(lock)}"
        if sentence != told or time.monotonic() - told_at > TELL_EVERY_S:
            told, told_at = sentence, time.monotonic()
            on_wait(sentence)
        time.sleep(POLL_S)
    try:
        _note(lock).write_text(f"pid {os.getpid()} {does}", encoding="utf-8")
        yield
    finally:
        with suppress(OSError):
            _note(lock).unlink(missing_ok=True)
        file.release()


@contextmanager
def device_lease(
    home: Home, device: str, does: str, *, on_wait: Callable[[str], None], check: Callable[[], None] = just_wait
) -> Iterator[None]:
    """Have a device (as torch calls it in this process) to oneself; under a launcher, those of its siblings, too."""
    with ExitStack() as held:
        for name in leased_devices(device, os.environ):
            held.enter_context(hold(home.lock(f"device-{name}"), name, does, on_wait=on_wait, check=check))
        yield


@contextmanager
def version_lock(job: TrainingJob, report: OnEvent, stop: StopRequest) -> Iterator[None]:
    """Train a version alone. Who comes second waits, and then finds it published, or goes on from a checkpoint."""
    name = f"{job.domain}/{job.version}"
    with hold(job.lock, name, "trains it", on_wait=_telling(report), check=_ending(stop, name)):
        (job.work / "pid").write_text(str(os.getpid()))
        yield


@contextmanager
def training_lease(job: TrainingJob, device: str, report: OnEvent, stop: StopRequest) -> Iterator[None]:
    """Have the device that a version is trained on to oneself."""
    home, does = Home(job.home), f"trains {job.domain}/{job.version}"
    with device_lease(home, device, does, on_wait=_telling(report), check=_ending(stop, device)):
        yield


def leased_encode(encode: "Encode", home: Home, device: str, does: str, on_wait: Callable[[str], None]) -> "Encode":
    """An `encode` that has its device (as the settings call it) to itself while it computes, as a training has."""

    def encode_alone(texts: Sequence[str]) -> "FloatArray":
        prepare_threads()
        with device_lease(home, resolve_device(device), does, on_wait=on_wait):
            return encode(texts)

    return encode_alone


def leased_devices(device: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """`cpu`, or `cuda-` and the name that CUDA_VISIBLE_DEVICES gives each GPU in use, in the order of locking.

    The same GPU called by its number here and by its UUID there goes unnoticed.
    """
    if device == "cpu":
        return ("cpu",)
    listed = [name.strip().replace("/", "-") for name in environment.get(VISIBLE, "").split(",") if name.strip()]
    numbers = [int(device.partition(":")[2] or 0)]
    if "LOCAL_RANK" in environment:
        numbers = list(range(int(environment.get("LOCAL_WORLD_SIZE", "1"))))
    return tuple(sorted(f"cuda-{listed[number] if number < len(listed) else number}" for number in numbers))


def _acquired(file: FileLock) -> bool:
    try:
        file.acquire(blocking=False)
    except Timeout:
        return False
    return True


def _note(lock: Path) -> Path:
    return lock.with_name(f"{lock.name}.holder")


def _holder(lock: Path) -> str:
    try:
        return _note(lock).read_text(encoding="utf-8") or "another process"
    except OSError:
        return "another process"


def _telling(report: OnEvent) -> Callable[[str], None]:
    return lambda sentence: report(TrainingEvent("waiting", message=sentence))


def _ending(stop: StopRequest, name: str) -> Callable[[], None]:
    """What ends a training's wait: a stop, or siblings that would give up meanwhile."""

    def check() -> None:
        if stop.asked:
            raise TrainingStoppedError(f"stopped ({stop.reason}) while it waited for {name}; nothing was trained")
        if os.environ.get("WORLD_SIZE", "1") != "1":
            raise DomainFtError(f"{name} is in use by another process; under a launcher nothing waits: try again later")

    return check

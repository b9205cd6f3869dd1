"""Starting a training process, following it, and ending it.

The child runs in its own process group, so that a cancel reaches the workers it may have started, and never the
parent. Cancel asks first, leaves time for a checkpoint, then kills the group; the same happens when the parent is
interrupted by anything at all while it follows.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from domain_ft.errors import DomainFtError, InputError
from domain_ft.training.job import TrainingJob, write_job
from domain_ft.training.progress import LOG_FILE, PROGRESS_FILE, OnEvent, ProgressReader, TrainingEvent
from domain_ft.training.stop import EXIT_STOPPED, LIFELINE_VARIABLE, TrainingStoppedError

POLL_S = 0.1
GRACE_S = 60.0
OUT_OF_MEMORY = "out_of_memory"
_SMALLER_BATCH = "try half the batch_size with twice the gradient_accumulation_steps"


class TrainingOutOfMemoryError(DomainFtError):
    """The device's or the machine's memory did not suffice."""


def never() -> bool:
    """Nobody cancels."""
    return False


def run_training(
    job: TrainingJob, *, on_event: OnEvent, cancelled: Callable[[], bool] = never, grace_s: float = GRACE_S
) -> None:
    """Run a job in a process of its own until it has published, handing each event to `on_event`.

    Raises TrainingStoppedError, TrainingOutOfMemoryError, InputError (the job cannot be done as asked) or
    DomainFtError, each with one sentence; the traceback of a failure stands in the work folder's `train.log`.
    """
    arguments = [str(write_job(job))]
    run_process(
        job.module,
        arguments,
        job.work,
        on_event=on_event,
        cancelled=cancelled,
        if_killed=_SMALLER_BATCH,
        grace_s=grace_s,
    )


def run_process(
    module: str,
    arguments: Sequence[str],
    work: Path,
    *,
    on_event: OnEvent,
    cancelled: Callable[[], bool],
    if_killed: str,
    grace_s: float = GRACE_S,
) -> None:
    """Run a module that trains until it has published; its progress and its log stand in its work folder.

    Raises as `run_training`; `if_killed` says what to try where the system ended it for want of memory.
    """
    log, reader = work / LOG_FILE, ProgressReader(work / PROGRESS_FILE)
    last: TrainingEvent | None = None
    asked = False

    def hand_on(process: int) -> None:
        nonlocal last
        for event in reader.new_events():
            if event.process == process:
                last = event
                on_event(event)

    with _started(module, arguments, log) as process:
        try:
            while process.poll() is None:
                hand_on(process.pid)
                if asked := cancelled():
                    break
                time.sleep(POLL_S)
        except BaseException:
            _end_group(process, grace_s)
            raise
        _end_group(process, grace_s)
    hand_on(process.pid)
    if asked and process.returncode < 0:
        raise TrainingStoppedError(
            "the training was ended before it said where it stopped; the same command goes on from its last whole "
            f"checkpoint (its log: {log})"
        )
    _judge(process.returncode, last, log, if_killed)


class _started:  # noqa: N801 - reads as a phrase: `with _started(...)`
    """A child with its lifeline, its log, and its own process group."""

    def __init__(self, module: str, arguments: Sequence[str], log: Path) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._log = log

    def __enter__(self) -> subprocess.Popen[bytes]:
        reading, self._writing = os.pipe()
        environment = {**os.environ, LIFELINE_VARIABLE: str(reading)}
        try:
            with self._log.open("ab") as log:
                return subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    pass_fds=(reading,),
                    start_new_session=True,
                )
        except BaseException:
            os.close(self._writing)
            raise
        finally:
            os.close(reading)

    def __exit__(self, *unused: object) -> None:
        os.close(self._writing)


def _end_group(process: subprocess.Popen[bytes], grace_s: float) -> None:
    """Ask the group to stop if its leader still runs, wait, then kill what is left of it."""
    try:
        if process.poll() is None:
            _signal_group(process.pid, signal.SIGTERM)
            process.wait(grace_s)
    except subprocess.TimeoutExpired:
        pass
    finally:
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _judge(code: int, last: TrainingEvent | None, log: Path, if_killed: str) -> None:
    if code == 0:
        return
    if last is not None and last.kind == "failed":
        if last.values.get("reason") == OUT_OF_MEMORY:
            raise TrainingOutOfMemoryError(last.message)
        raise (InputError if last.values.get("exit_code") == InputError.exit_code else DomainFtError)(last.message)
    if code == EXIT_STOPPED and last is not None and last.kind == "stopped":
        raise TrainingStoppedError(last.message)
    if code == -signal.SIGKILL:
        raise TrainingOutOfMemoryError(
            f"the training process was killed by the system, most likely because memory ran out; {if_killed} "
            f"(its log: {log})"
        )
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    raise DomainFtError(f"the training process ended {how} without saying why; its log: {log}")

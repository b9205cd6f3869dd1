"""A training process from its arguments to its exit code, whatever it trains.

It reads a job file, listens for a stop, prepares the device, has version and device to itself while it trains, and
turns whatever happens into an event, a line on stderr and an exit code. It knows neither Dagster nor MLflow.
"""

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, Self, TypeVar

from pydantic import ValidationError

from domain_ft.errors import InputError
from domain_ft.safe_text import one_line
from domain_ft.store.publish import is_published, point
from domain_ft.training.allocator import keep_freed_memory
from domain_ft.training.device import prepare_environment, resolve_device
from domain_ft.training.exit_code import exit_code_of
from domain_ft.training.job import JOB_FILE, TrainingJob, read_job
from domain_ft.training.lease import training_lease, version_lock
from domain_ft.training.progress import PROGRESS_FILE, OnEvent, ProgressLog, TrainingEvent, ignore
from domain_ft.training.stop import StopRequest, listen_for_stop

EXPLAINED = """exit codes: 0 published, or already was; 1 failed; 2 the job cannot be done as asked;
            3 stopped with a checkpoint (SIGTERM, SIGINT): the same command goes on from there

It waits for its device while another process of this state root computes there, and for one that trains the same."""


class ProcessSettings(Protocol):
    """What a process asks of the settings of whatever it trains."""

    @property
    def device(self) -> str:
        """As a person names it."""
        ...

    @property
    def batch_size(self) -> int:
        """Rows of a step."""
        ...

    @classmethod
    def model_validate(cls, obj: Any) -> Self:
        """The settings of a job file."""
        ...


_Job = TypeVar("_Job", bound=TrainingJob)
_Settings = TypeVar("_Settings", bound=ProcessSettings)


@dataclass(frozen=True)
class TrainingProcess(Generic[_Job, _Settings]):
    """What is trained: its job and settings, and the function that trains and publishes.

    `fit` returns the model's folder (None beside rank 0), and is to import what is slow or looks at the machine itself.
    """

    usage: str
    job: type[_Job]
    settings: type[_Settings]
    fit: Callable[[_Job, OnEvent, StopRequest], Path | None]
    out_of_memory: Callable[[int], str]
    """What a person may try when memory ran out at a batch size."""

    def main(self, arguments: list[str]) -> int:
        """Run the job file that the one argument names; returns the exit code."""
        if len(arguments) != 1 or arguments[0].startswith("-"):
            asked = arguments in (["-h"], ["--help"])
            print(f"{self.usage}\n\n{EXPLAINED}", file=sys.stdout if asked else sys.stderr)
            return 0 if asked else InputError.exit_code
        try:
            job = read_job(Path(arguments[0]), self.job)
            settings = self._settings(job)
        except InputError as error:
            print(one_line(str(error)), file=sys.stderr)
            return error.exit_code
        stop = listen_for_stop()
        prepare_environment(settings.device)
        keep_freed_memory()
        if not _leads():
            return self.run(job, settings, ignore, stop)
        return self.run(job, settings, _told(ProgressLog(job.work / PROGRESS_FILE)), stop)

    def run(self, job: _Job, settings: _Settings, report: OnEvent, stop: StopRequest) -> int:
        """Train, and turn whatever happens into an event, a line on stderr, and an exit code."""
        out_of_memory = self.out_of_memory(settings.batch_size)
        return exit_code_of(lambda: self._train(job, settings, report, stop), report, out_of_memory)

    def _settings(self, job: _Job) -> _Settings:
        try:
            return self.settings.model_validate(job.settings)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in ("settings", *first["loc"]))
            raise InputError(f"{job.work / JOB_FILE}: {key}: {first['msg']}, got {first['input']!r}") from None

    def _train(self, job: _Job, settings: _Settings, report: OnEvent, stop: StopRequest) -> None:
        """Train and publish, with the version and the device to oneself; nothing if it is published by then."""
        with ExitStack() as held:
            if _leads():
                held.enter_context(version_lock(job, report, stop))
            if is_published(job.target):
                if job.make_current:
                    point(job.target.parent / "current", job.version)
                report(TrainingEvent("reused", message=f"{job.target} is already published"))
                return
            if _leads():
                held.enter_context(training_lease(job, resolve_device(settings.device), report, stop))
            path = self.fit(job, report, stop)
            if path is not None:
                values = {"path": str(path), "version": job.version}
                report(TrainingEvent("published", values=values, message=str(path)))


def _leads() -> bool:
    """Whether this process locks and reports; under a launcher, that is one of many."""
    return os.environ.get("RANK", "0") == "0"


def _told(report: OnEvent) -> OnEvent:
    """Each event on stdout, too, for a person who started the process by hand."""

    def tell(event: TrainingEvent) -> None:
        report(event)
        said = event.message or ", ".join(f"{name} {value}" for name, value in event.values.items())
        print(f"{event.kind} {event.step}/{event.total_steps} {one_line(said)}", flush=True)

    return tell

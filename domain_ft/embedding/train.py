"""The process that trains an embedding model: `python -m domain_ft.embedding.train JOB.json`.

It is started by `domain_ft.embedding.train_model`, and runs as well by hand or under torchrun. It knows neither
Dagster nor MLflow: it reads a job file and a dataset, tells its progress to a file, and publishes a folder.
"""

import os
import sys
import traceback
from contextlib import ExitStack
from pathlib import Path

from pydantic import ValidationError

from domain_ft.embedding.settings import TrainingSettings
from domain_ft.errors import DomainFtError, InputError
from domain_ft.faults import fault_sentence
from domain_ft.safe_text import one_line
from domain_ft.store.publish import is_published, point
from domain_ft.training.allocator import keep_freed_memory
from domain_ft.training.device import prepare_environment, resolve_device
from domain_ft.training.job import JOB_FILE, TrainingJob, read_job
from domain_ft.training.lease import training_lease, version_lock
from domain_ft.training.memory import is_out_of_memory, out_of_memory_sentence
from domain_ft.training.progress import PROGRESS_FILE, OnEvent, ProgressLog, TrainingEvent, ignore
from domain_ft.training.stop import EXIT_STOPPED, StopRequest, TrainingStoppedError, listen_for_stop
from domain_ft.training.supervise import OUT_OF_MEMORY

USAGE = """usage: python -m domain_ft.embedding.train JOB.json

Trains the embedding model that a job file describes (`domain-ft train` writes one to
.state/work/DOMAIN/VERSION/job.json) and publishes it under models/DOMAIN/VERSION. Progress goes to progress.jsonl
beside the job file. On several GPUs: torchrun --nproc-per-node N -m domain_ft.embedding.train JOB.json

exit codes: 0 published, or already was; 1 failed; 2 the job cannot be done as asked;
            3 stopped with a checkpoint (SIGTERM, SIGINT): the same command goes on from there

It waits for its device while another process of this state root computes there, and for one that trains the same."""


def main(arguments: list[str]) -> int:
    """Run the job file that the one argument names; returns the exit code."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        asked = arguments in (["-h"], ["--help"])
        print(USAGE, file=sys.stdout if asked else sys.stderr)
        return 0 if asked else InputError.exit_code
    try:
        job = read_job(Path(arguments[0]))
        settings = _settings(job)
    except InputError as error:
        print(one_line(str(error)), file=sys.stderr)
        return error.exit_code
    stop = listen_for_stop()
    prepare_environment(settings.device)
    keep_freed_memory()
    if not _leads():
        return _run(job, settings, ignore, stop)
    return _run(job, settings, _told(ProgressLog(job.work / PROGRESS_FILE)), stop)


def _settings(job: TrainingJob) -> TrainingSettings:
    try:
        return TrainingSettings.model_validate(job.settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in ("settings", *first["loc"]))
        raise InputError(f"{job.work / JOB_FILE}: {key}: {first['msg']}, got {first['input']!r}") from None


def _train(job: TrainingJob, settings: TrainingSettings, report: OnEvent, stop: StopRequest) -> None:
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
        from domain_ft.embedding.fit import fit

        path = fit(job, report, stop)
        if path is not None:
            report(TrainingEvent("published", values={"path": str(path), "version": job.version}, message=str(path)))


def _run(job: TrainingJob, settings: TrainingSettings, report: OnEvent, stop: StopRequest) -> int:
    """Train, and turn whatever happens into an event, a line on stderr, and an exit code."""
    try:
        _train(job, settings, report, stop)
        return 0
    except TrainingStoppedError as stopped:
        report(TrainingEvent("stopped", message=str(stopped)))
        print(one_line(str(stopped)), file=sys.stderr)
        return EXIT_STOPPED
    except Exception as error:
        traceback.print_exc()
        failed = _failure(error, settings.batch_size)
        report(failed)
        print(one_line(failed.message), file=sys.stderr)
        return int(failed.values["exit_code"] or 1)


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


def _failure(error: Exception, batch_size: int) -> TrainingEvent:
    if is_out_of_memory(error):
        sentence = out_of_memory_sentence(batch_size)
        return TrainingEvent("failed", values={"exit_code": 1, "reason": OUT_OF_MEMORY}, message=sentence)
    if isinstance(error, DomainFtError):
        return TrainingEvent("failed", values={"exit_code": error.exit_code}, message=str(error))
    fault = fault_sentence(error)
    if fault is not None:
        return TrainingEvent("failed", values={"exit_code": DomainFtError.exit_code}, message=fault)
    text = f"{type(error).__name__}: {error}".splitlines()[0]
    return TrainingEvent("failed", values={"exit_code": 1}, message=f"the training failed ({text})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

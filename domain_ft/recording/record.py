"""A first execution history of a project: its tests run once for each of many small changes, and written as CSV.

Every run has a fresh copy of a snapshot and is noted before the next begins, so an interrupted recording goes on where
it was; the history itself is written once all is done.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from domain_ft.errors import DomainFtError, InputError
from domain_ft.history.csv_file import COLUMNS, check_duration_unit, check_history_file, write_history_file
from domain_ft.landing.settings import SourceSettings
from domain_ft.progress import Progress, silent
from domain_ft.recording.attempts import Attempts
from domain_ft.recording.choice import order_changes
from domain_ft.recording.copies import fresh_copy, work_folder
from domain_ft.recording.history_rows import recorded_rows
from domain_ft.recording.journal import FORMAT, Journal
from domain_ft.recording.mutations import Mutation, mutations_of
from domain_ft.recording.project import Project, take_snapshot
from domain_ft.recording.pytest_run import Runner
from domain_ft.recording.result import LeftAlone, RecordingResult, result_of
from domain_ft.recording.settings import RecordingSettings
from domain_ft.recording.source_text import UnreadableSourceError
from domain_ft.recording.verdicts import is_used
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home


def record_history(
    repo: Path,
    settings: RecordingSettings,
    source: SourceSettings,
    home: Home,
    *,
    out: Path | None = None,
    landing: Path,
    progress: Progress = silent,
) -> RecordingResult:
    """Record the tests of the Python project in `repo` as a history that `source` reads.

    It is written to `out`, or under a name of its own into the folder `landing`. Raises InputError on a project that
    cannot be recorded; interrupted, it leaves no file, and the same call goes on after the last finished run.
    """
    began = time.monotonic()
    if out is not None:
        check_history_file(out, "a recorded history")
    check_duration_unit(source.duration_unit, "a recorded history")
    _check_apart(repo, home)
    with work_folder(home.recordings) as work:
        progress("copying the project", 0, None)
        project = take_snapshot(repo, work / "snapshot", settings.source)
        mutations, unreadable = _mutations(project)
        runner = _runner(project, settings, work)
        digest = _digest(project, settings, runner)
        with _alone(home, digest):
            attempts = Attempts(project, runner, Journal(home.recordings / digest))
            progress("running the unchanged project", 0, None)
            baseline = attempts.observe_baseline(settings.timeout)
            changes = order_changes(mutations, set(baseline.called), settings.seed)
            attempts.try_changes(changes, settings.changes, baseline, progress)
        used = filter(is_used, attempts.builds)
        rows = recorded_rows(
            project, baseline.tests, used, settings.scope or source.scope_name, f"{project.name}-{digest}"
        )
        path = out or landing / f"recorded-{project.name}-{digest}-{settings.changes}.csv.gz"
        names = source.columns.model_dump(exclude_none=True)
        runs = write_history_file(path, tuple(COLUMNS), rows, names=names, delimiter=source.delimiter)
    left_alone = LeftAlone(unreadable, project.left_out, source.columns.duration is not None)
    result = result_of(path, runs, attempts.builds, baseline.tests, left_alone, settings.changes)
    return replace(result, seconds=time.monotonic() - began)


def _check_apart(repo: Path, home: Home) -> None:
    """A project within the state root, or around it, would be copied with all that we have made."""
    folder = repo.resolve()
    if folder.is_relative_to(home.root) or home.root.is_relative_to(folder):
        raise InputError(
            f"{repo}: lies in the state root {home.root}, or holds it; name a project elsewhere, or set DOMAIN_FT_HOME"
        )


def _runner(project: Project, settings: RecordingSettings, work: Path) -> Runner:
    """What runs the project's tests in a copy, once it is known to be able to."""
    tests = None
    if settings.tests is not None:
        if settings.tests.is_absolute() or not (project.snapshot / settings.tests).exists():
            raise InputError(f"--tests {settings.tests}: is not in {project.name}; name it relative to the project")
        tests = settings.tests.as_posix()
    python = str(settings.python or sys.executable)
    found = shutil.which(python)
    if found is None:
        raise InputError(f"--python {python}: no such program; name the interpreter of the project's environment")
    runner = Runner(Path(os.path.abspath(found)), work / "project", work / "beside", project.roots, tests)  # noqa: PTH100 - a link to Python is an environment
    fresh_copy(project.snapshot, runner.project)
    return runner


def _digest(project: Project, settings: RecordingSettings, runner: Runner) -> str:
    """The name of a recording: everything that decides what it finds, but for how long it goes on."""
    asked = settings.model_dump(mode="json", exclude={"changes", "scope"})
    python = [str(runner.python), runner.prepare()]
    runner.check_imports(project.packages)
    return short(sha256_json([FORMAT, project.name, project.digest, python, asked]))


def _mutations(project: Project) -> tuple[list[Mutation], tuple[str, ...]]:
    """The changes that the project's source allows, and the files that cannot be read."""
    found, unreadable = list[Mutation](), []
    for source in project.sources:
        try:
            found += mutations_of((project.snapshot / source.path).read_bytes(), source.path, source.module)
        except UnreadableSourceError:
            unreadable.append(source.path)
    if not found:
        raise InputError(f"{project.name}: its source allows no change; name the folder of the code by --source")
    return found, tuple(unreadable)


@contextmanager
def _alone(home: Home, digest: str) -> Iterator[None]:
    try:
        with FileLock(home.recording_lock(digest), timeout=0):
            yield
    except Timeout:
        raise DomainFtError("another process is recording this project; wait for it, or end it") from None

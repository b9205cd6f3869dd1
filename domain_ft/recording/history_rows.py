"""A recording as rows of a history file: builds, their changes in words, and the tests in words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from domain_ft.history.csv_file import COLUMNS, VERDICT_WORDS
from domain_ft.recording.journal import Build
from domain_ft.recording.project import Project
from domain_ft.recording.wording import docstrings_of_tests, told_test

RECORDED = (*COLUMNS, "duration")
"""What a row says: as in any history, and how long the test took."""
DURATION = "Duration_s"
"""The column of durations where the domain has no name for it."""


def recorded_rows(
    project: Project, tests: Sequence[tuple[str, str]], builds: Iterable[Build], scope: str, prefix: str
) -> Iterator[list[str]]:
    """The runs as rows of text, in the order of `RECORDED`; `tests` are those that the builds' verdicts speak of."""
    said = _texts(project, tests)
    for build in builds:
        assert build.started is not None
        started = build.started.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        paths = [build.path] if build.path else []
        for (test, summary, steps), verdict, seconds in zip(said, build.verdicts, build.seconds, strict=True):
            if verdict is not None:
                yield [
                    f"{prefix}-{build.name}", started, scope, test, summary, steps, VERDICT_WORDS[verdict],
                    str([build.text]), str(paths), "" if seconds is None else f"{seconds:.3f}",
                ]  # fmt: skip


def column_names(names: Mapping[str, str]) -> dict[str, str]:
    """The domain's names of the columns, and a usual one for durations."""
    return {"duration": DURATION, **names}


def _texts(project: Project, tests: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Of each test its identifier, what it is about, and what its docstring says."""
    files = ((name, (project.snapshot / Path(name)).read_bytes()) for name in project.test_files)
    docstrings = docstrings_of_tests(files)
    texts = []
    for group, name in tests:
        test = f"{group}.{name}"
        texts.append((test, told_test(group, name), docstrings.get(test.partition("[")[0], "")))
    return texts

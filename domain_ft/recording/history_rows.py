"""A recording as rows of a history file: builds, their changes in words, and the tests in words."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from domain_ft.history.csv_file import VERDICT_WORDS
from domain_ft.landing.told_test import told_test
from domain_ft.recording.journal import Build
from domain_ft.recording.project import Project
from domain_ft.recording.wording import docstrings_of_tests


def recorded_rows(
    project: Project, tests: Sequence[tuple[str, str]], builds: Iterable[Build], scope: str, prefix: str
) -> Iterator[list[str]]:
    """The runs as rows of text, in the order of `COLUMNS`; `tests` are those that the builds' verdicts speak of."""
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


def _texts(project: Project, tests: Sequence[tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Of each test its identifier, what it is about, and what its docstring says."""
    files = ((name, (project.snapshot / Path(name)).read_bytes()) for name in project.test_files)
    docstrings = docstrings_of_tests(files)
    texts = []
    for group, name in tests:
        test = f"{group}.{name}"
        texts.append((test, told_test(group, name), docstrings.get(test.partition("[")[0], "")))
    return texts

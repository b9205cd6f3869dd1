"""What a recording came to: its builds in order, and the counts that a person and a script are told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.history.csv_file import COLUMNS
from domain_ft.recording.journal import Build
from domain_ft.recording.verdicts import is_used, turned

_NAMED = 10
_CHANGES = ("not_compiled", "timed_out", "survived", "killed")
"""The fates of changes."""


@dataclass(frozen=True)
class LeftAlone:
    """What a recording had to do without: files that cannot be read, links out of the project, names of columns."""

    unreadable: tuple[str, ...]
    links: int
    durations_named: bool


@dataclass(frozen=True)
class RecordingResult:
    """A recorded history: where it lies, and what was tried for it.

    not_compiled, timed_out (stopped, for time or memory, before all tests had ended), survived and killed add up to
    `tried`; `used` counts the changes that are builds of the history: all but those that are no program, or of which no
    test said anything in time. turned: the verdicts that changes turned, altogether. unreadable: source files that were
    left alone.
    """

    path: Path
    builds: int
    tests: int
    runs: int
    fates: Counter[str]
    used: int
    turned: int
    flaky: tuple[str, ...]
    unreadable: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The keys that the command line prints."""
        fates = {fate: self.fates[fate] for fate in _CHANGES}
        return {
            "path": str(self.path),
            "builds": self.builds,
            "tests": self.tests,
            "runs": self.runs,
            "changes": {"tried": sum(fates.values()), "used": self.used, **fates, "turned": self.turned},
            "flaky": list(self.flaky),
            "unreadable": list(self.unreadable),
            "seconds": round(self.seconds, 1),
            "notes": list(self.notes),
        }


def result_of(
    path: Path, runs: int, builds: Sequence[Build], tests: Sequence[tuple[str, str]], left_alone: LeftAlone, asked: int
) -> RecordingResult:
    """The counts of a recording that has come to its end; `runs` are the rows of its file."""
    changed = [build for build in builds if build.fate in _CHANGES]
    used = [build for build in changed if is_used(build)]
    fates = Counter[str](build.fate for build in changed)
    flaky = flaky_tests(builds, tests)
    return RecordingResult(
        path=path,
        builds=sum(map(is_used, builds)),
        tests=len(tests),
        runs=runs,
        fates=fates,
        used=len(used),
        turned=sum(len(turned(builds[0].verdicts, build.verdicts)) for build in used),
        flaky=flaky,
        unreadable=left_alone.unreadable,
        notes=tuple(_notes(asked, len(changed) - fates["not_compiled"], left_alone, flaky)),
    )


def flaky_tests(builds: Sequence[Build], tests: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The tests that ended otherwise in another run of the unchanged project."""
    unchanged = [build for build in builds if build.fate in ("baseline", "undone")]
    places = {place for build in unchanged[1:] for place in turned(unchanged[0].verdicts, build.verdicts)}
    return tuple(f"{tests[place][0]}.{tests[place][1]}" for place in sorted(places))


def _notes(asked: int, tried: int, left_alone: LeftAlone, flaky: Sequence[str]) -> Iterator[str]:
    if tried < asked:
        yield f"the source allows {tried} changes, {asked} were asked for"
    if left_alone.unreadable:
        names = left_alone.unreadable
        yield f"source files that cannot be read, left as they are: {len(names)} ({_some(names)})"
    if left_alone.links:
        yield f"links out of the project and things that are no files, left out: {left_alone.links}"
    if flaky:
        yield f"flaky tests, which end otherwise without any change: {len(flaky)} ({_some(flaky)})"
    if not left_alone.durations_named:
        column = COLUMNS["duration"]
        yield f"durations are in the column {column}; name it under source.columns.duration to have them read"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")

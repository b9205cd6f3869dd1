"""What each test of the baseline came to in a run, tests that the run could not say anything of included.

A test that was never begun, or was cut off, is `blocked`: it counts neither as passed nor as failed. Only where its
own file or class could not be collected, or it alone took most of the time limit, is it an `error` of the change.
"""

from collections.abc import Sequence

from domain_ft.history.relevance import FAILING, LABELLED
from domain_ft.landing.settings import RunVerdict
from domain_ft.recording.journal import AGAIN, Build, Verdicts
from domain_ft.recording.pytest_run import USAGE, PytestRun

_WHOLE = (0, 1, 5)
"""Exit codes of a pytest that came to its end."""
_HUNG = 0.5
"""Share of the time limit that a test must have taken alone to count as hanging."""


def settle(run: PytestRun, tests: Sequence[tuple[str, str]], limit_s: float) -> Verdicts:
    """The verdict of each test (classname, name), in their order; None for one that is not there any more."""
    uncollected = run.uncollected.union(test for test, case in run.cases.items() if case.verdict == "error")
    verdicts = [_verdict(run, group, name, uncollected) for group, name in tests]
    finished = sum(case.seconds for case in run.cases.values())
    if run.stopped == "time" and run.cases and run.seconds - finished > _HUNG * limit_s and "blocked" in verdicts:
        verdicts[verdicts.index("blocked")] = "error"
    return tuple(verdicts)


def _verdict(run: PytestRun, group: str, name: str, uncollected: frozenset[str]) -> RunVerdict | None:
    case = run.cases.get(f"{group}.{name}")
    if case is not None:
        return case.verdict
    if _lies_in(group, uncollected) or (run.exit_code == USAGE and not run.stopped):
        return "error"
    if run.stopped or not run.reported or run.exit_code not in _WHOLE:
        return "blocked"
    return None


def _lies_in(group: str, uncollected: frozenset[str]) -> bool:
    """Whether a test lies in a folder, a file or a class that could not be collected; pytest reports it as a test."""
    parts = group.split(".")
    return any(".".join(parts[:length]) in uncollected for length in range(1, len(parts) + 1))


def turned(before: Verdicts, after: Verdicts) -> list[int]:
    """The places of the tests that passed in one run and failed in the other, either way."""
    pairs = enumerate(zip(before, after, strict=True))
    return [
        place
        for place, (one, other) in pairs
        if one in LABELLED and other in LABELLED and (one in FAILING) != (other in FAILING)
    ]


def is_used(build: Build) -> bool:
    """Whether a run is a build of the history: not the second of the unchanged project, and none that says nothing."""
    return build.name != AGAIN and any(verdict in LABELLED for verdict in build.verdicts)

"""What each test of the baseline came to in a run, tests that the run could not say anything of included.

A test that was never begun, or was cut off, is `blocked`: it counts neither as passed nor as failed. Only where its
own file could not be imported, or where it alone took most of the time limit, is that the change's doing: `error`.
"""

from collections.abc import Sequence

from domain_ft.history.relevance import FAILING, LABELLED
from domain_ft.landing.settings import RunVerdict
from domain_ft.recording.journal import AGAIN, Build, Verdicts
from domain_ft.recording.pytest_run import USAGE, PytestRun, could_not_be_collected

_WHOLE = (0, 1, 5)
"""Exit codes of a pytest that came to its end."""
_HUNG = 0.5
"""Share of the time limit that a test must have taken alone to count as hanging."""


def settle(run: PytestRun, tests: Sequence[tuple[str, str]], limit_s: float) -> Verdicts:
    """The verdict of each test (classname, name), in their order; None for one that is not there any more."""
    verdicts = [_verdict(run, group, name) for group, name in tests]
    finished = sum(case.seconds for case in run.cases.values())
    if run.stopped == "time" and run.cases and run.seconds - finished > _HUNG * limit_s and "blocked" in verdicts:
        verdicts[verdicts.index("blocked")] = "error"
    return tuple(verdicts)


def _verdict(run: PytestRun, group: str, name: str) -> RunVerdict | None:
    case = run.cases.get(f"{group}.{name}")
    if case is not None:
        return case.verdict
    if could_not_be_collected(group, run.uncollected) or (run.exit_code == USAGE and not run.stopped):
        return "error"
    if run.stopped or not run.reported or run.exit_code not in _WHOLE:
        return "blocked"
    return None


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

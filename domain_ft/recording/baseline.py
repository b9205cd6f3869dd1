"""The unchanged project: its tests run twice, which gives the order of the tests, the limits, and what they call."""

from collections.abc import Callable

from domain_ft.errors import InputError
from domain_ft.history.relevance import FAILING
from domain_ft.recording.journal import Baseline
from domain_ft.recording.pytest_run import NOTHING_COLLECTED, PytestRun

LONGEST_S = 3600.0
"""A first run that takes longer makes no history in a useful time."""
_LEAST_S, _TIMES = 60.0, 5.0
_LEAST_BYTES, _TIMES_BYTES = 1 << 30, 4
"""Limits of a run with a change: at least so much, or so many times what the unchanged project took."""


def checked_baseline(project: str, run: PytestRun) -> None:
    """Raise InputError where the tests of the unchanged project say nothing that a change could turn."""
    said = f" ({run.says})" if run.says else ""
    if run.stopped:
        raise InputError(
            f"{project}: its tests did not end within {run.seconds:.0f} s without any change; name fewer by --tests, "
            "or a longer time by --timeout"
        )
    if not run.cases and run.uncollected:
        raise InputError(
            f"{project}: its tests cannot be collected{said}; name an interpreter that has what they import by --python"
        )
    if not run.cases and (run.exit_code == NOTHING_COLLECTED or run.reported):
        raise InputError(f"{project}: pytest collects no tests there{said}; name their folder by --tests")
    if not run.reported:
        raise InputError(
            f"{project}: pytest ends with exit code {run.exit_code} and no report{said}; make `pytest` run there first"
        )
    if not any(case.verdict == "pass" for case in run.cases.values()):
        failed = sum(case.verdict in FAILING for case in run.cases.values())
        raise InputError(
            f"{project}: without any change, {failed} of its {len(run.cases)} tests fail and none passes{said}; make "
            "`pytest` pass there first (--python names the interpreter)"
        )


def observe_baseline(
    project: str, run: Callable[[float, bool], PytestRun], timeout_s: float | None
) -> tuple[Baseline, PytestRun, PytestRun]:
    """Run the unchanged project twice by `run` (limit in seconds, whether to note what is called)."""
    first = run(timeout_s or LONGEST_S, False)
    checked_baseline(project, first)
    limit = timeout_s or max(_LEAST_S, _TIMES * first.seconds)
    again = run(max(limit, _TIMES * first.seconds), True)
    baseline = Baseline(
        tests=tuple((case.group, case.name) for case in first.cases.values()),
        called=again.called,
        seconds=first.seconds,
        limit_s=limit,
        limit_bytes=max(_LEAST_BYTES, _TIMES_BYTES * max(first.peak_bytes, again.peak_bytes)),
    )
    return baseline, first, again

"""What came of each test, gathered from pytest's reports of its phases, each test once.

A verdict is kept only of a test that ran to the end of its teardown (or took its process with it): of one that was
interrupted, or never begun, nothing is known, and nothing is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from domain_ft.landing.told_test import told_docstring
from domain_ft.pytest_plugin.names import history_test_id

TOLD = "domain_ft_told"
"""Attribute of a report, set where the test runs: its node id as collected, and what its docstring says."""
_CRASHED = "???"
"""How pytest-xdist calls the phase in which a worker died."""
_SEVERITY = ("pass", "skipped", "error", "fail")


@dataclass
class _Phases:
    """What is known of a test so far: per phase its verdict and its seconds."""

    node_id: str
    text: str
    verdicts: dict[str, str]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Outcome:
    """A test that ran: verdict (pass, fail, error, skipped), seconds of setup, call and teardown together."""

    node_id: str
    text: str
    verdict: str
    seconds: float


class Outcomes:
    """The outcomes of a run."""

    def __init__(self) -> None:
        self._tests: dict[str, _Phases] = {}

    def add(self, report: pytest.TestReport) -> None:
        """Take the report of a phase; of several reports of one phase (subtests, repeats) the worst verdict counts."""
        node_id, text = getattr(report, TOLD, None) or (report.nodeid, "")
        test = self._tests.setdefault(report.nodeid, _Phases(node_id, text, {}, {}))
        phase = str(report.when)
        verdict = _verdict(report)
        if verdict is not None:
            test.verdicts[phase] = max(test.verdicts.get(phase, verdict), verdict, key=_SEVERITY.index)
        test.seconds[phase] = max(test.seconds.get(phase, 0.0), report.duration)

    def finished(self) -> Iterator[Outcome]:
        """The tests that ran to their end, in the order in which they began, each test of the history once."""
        merged: dict[str, Outcome] = {}
        for test in self._tests.values():
            verdict = _settled(test.verdicts)
            if verdict is None:
                continue
            outcome = Outcome(test.node_id, test.text, verdict, sum(test.seconds.values()))
            name = history_test_id(test.node_id)
            merged[name] = max(merged.get(name, outcome), outcome, key=lambda one: _SEVERITY.index(one.verdict))
        yield from merged.values()


def told(item: pytest.Item, node_id: str) -> list[str]:
    """What a report is told of its test: the node id, and what the docstring says."""
    written: Any = getattr(getattr(item, "function", None), "__doc__", None)
    return [node_id, told_docstring(written if isinstance(written, str) else None)]


def _verdict(report: pytest.TestReport) -> str | None:
    if report.failed:
        return "fail" if report.when == "call" else "error"
    return {"passed": "pass", "skipped": "skipped"}.get(report.outcome)


def _settled(verdicts: dict[str, str]) -> str | None:
    """The verdict of a test by those of its phases; None where it did not run to its end, or not at all."""
    if _CRASHED in verdicts:
        return "error"
    if "teardown" not in verdicts or ("call" not in verdicts and verdicts.get("setup") == "pass"):
        return None
    return max(verdicts.values(), key=_SEVERITY.index)

"""What the ranking of a domain says of tests; it is asked in a process of its own (`python -m` this module).

The process that runs a project's tests must stay as the project knows it: models, their threads and their libraries
stay outside, and one that hangs or crashes costs the order, not the run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from domain_ft.pytest_plugin.child import serve


class RankedTest(Protocol):
    """A test at its place: its score, the seconds it is expected to take (None: not known), why it stands there."""

    @property
    def test(self) -> str: ...
    @property
    def score(self) -> float: ...
    @property
    def expected_s(self) -> float | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def must_run(self) -> bool: ...


class Ranking(Protocol):
    """Tests in the order in which they should run, the order's name, why it was taken, and what else is to be said.

    `fallback` is a sentence if that is the order in which they came.
    """

    @property
    def results(self) -> Sequence[RankedTest]: ...
    @property
    def order(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def fallback(self) -> str | None: ...


@dataclass(frozen=True)
class Ranked:
    """A ranked test as it comes out of the process that ranks."""

    test: str
    score: float
    expected_s: float | None
    reason: str
    must_run: bool


@dataclass(frozen=True)
class Answer:
    """The ranking as it comes out of the process that ranks; `trouble` is a sentence where there is none."""

    results: tuple[Ranked, ...] = ()
    order: str = ""
    why: str = ""
    notes: tuple[str, ...] = ()
    trouble: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        rows = [[one.test, one.score, one.expected_s, one.reason, one.must_run] for one in self.results]
        said = {"order": self.order, "why": self.why, "notes": list(self.notes)}
        return {"results": rows, **said, "trouble": self.trouble}

    @classmethod
    def from_json(cls, answer: dict[str, Any]) -> "Answer":
        """What `as_json` wrote."""
        results = tuple(Ranked(*row) for row in answer["results"])
        return cls(results, answer["order"], answer["why"], tuple(answer["notes"]), answer["trouble"])


def rank_tests(domain_name: str, change_text: str, paths: Sequence[str], tests: Sequence[str]) -> Ranking:
    """Rank history test ids for a change: the one place where the plugin calls the ranking of `domain_ft`."""
    from domain_ft.pytest_plugin.daily import rank_for_plugin

    return rank_for_plugin(domain_name, change_text, paths, tests)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Rank the tests of a request (domain, change_text, paths, tests)."""
    ranking = rank_tests(request["domain"], request["change_text"], request["paths"], request["tests"])
    rows = (
        Ranked(str(one.test), float(one.score), _seconds(one.expected_s), str(one.reason), bool(one.must_run))
        for one in ranking.results
    )
    notes = tuple(map(str, ranking.notes))
    return Answer(tuple(rows), str(ranking.order), str(ranking.why), notes, ranking.fallback).as_json()


def _seconds(value: float | None) -> float | None:
    """A duration that can be added up; a history may hold what is none."""
    return float(value) if value is not None and 0 <= value < float("inf") else None


if __name__ == "__main__":
    serve(answer)

"""A ranking: what is asked, and what comes of it, also where no order could be made."""

from dataclasses import dataclass
from typing import Any

from domain_ft.prioritization.rank import Change, RankedTest

_NOT_RANKED = "kept in the original order"


@dataclass(frozen=True)
class Ranking:
    """Tests in the order in which to run them, and how that order came about."""

    results: tuple[RankedTest, ...]
    order: str
    """The order's name; `original` where none could be made."""
    why: str
    chosen: frozenset[int]
    """The places (from 0) of the tests that the budget lets run."""
    expected_s: float | None
    """Expected time of those; None where no duration is known. See `guessed`."""
    fallback: str | None = None
    """Why the original order was kept; None where tests were ranked."""
    notes: tuple[str, ...] = ()

    @property
    def guessed(self) -> int:
        """How many of the chosen tests have no known duration, and count as the mean of the others."""
        return sum(self.results[place].expected_s is None for place in self.chosen)

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft rank --json`."""
        return {
            "results": [{**test.as_json(), "run": place in self.chosen} for place, test in enumerate(self.results)],
            "order": self.order,
            "why": self.why,
            "chosen": len(self.chosen),
            "expected_s": self.expected_s,
            "guessed": self.guessed,
            "fallback": self.fallback,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Asked:
    """What is to be ranked, and how much of it is to run."""

    change: Change
    tests: tuple[str, ...] | None = None
    """None: all tests of the scope that the history knows."""
    scope: str | None = None
    budget: str | None = None
    confidence: float | None = None
    notes: tuple[str, ...] = ()
    lands_in: str | None = None
    """The scope of these tests' own results, where they are handed in by what lands them; None where nobody knows."""


def original_order(asked: Asked, why: str) -> Ranking:
    """The tests as they were handed in."""
    tests = tuple(dict.fromkeys(asked.tests or ()))
    kept = tuple(RankedTest(test, test, rank, 0.0, None, _NOT_RANKED, False) for rank, test in enumerate(tests, 1))
    return Ranking(kept, "original", _NOT_RANKED, frozenset(range(len(kept))), None, why, asked.notes)

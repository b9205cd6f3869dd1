"""How much of a suite is run: a budget of time is planned beforehand, by the durations that the history knows.

What is planned is the same on every worker and seen before the first test begins; a clock that stops tests on their
way could promise neither, and would leave fixtures of modules that are never finished.
"""

import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_TIME = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|m|h|%)", re.ASCII)


@dataclass(frozen=True)
class Budget:
    """Seconds of wall time, or a share (0 to 1) of the time that all tests are expected to take; `text` as typed."""

    text: str
    seconds: float | None = None
    share: float | None = None


@dataclass(frozen=True)
class Wanted:
    """A test at its place in the ranking; `expected_s` is None where the history has no duration of it."""

    expected_s: float | None
    must_run: bool


@dataclass(frozen=True)
class Chosen:
    """The places in the ranking that are run, and the seconds that they and all are expected to take together.

    `guessed` of all tests have no known duration.
    """

    places: frozenset[int]
    seconds: float
    all_seconds: float
    guessed: int


def parse_budget(text: str) -> Budget:
    """A budget as a person types it: 90s, 10m, 1.5h, 20%; ValueError says what was expected."""
    match = _TIME.fullmatch(text.strip())
    number = float(match[1]) if match else 0.0
    if not match or not number or (match[2] == "%" and number > 100):
        raise ValueError(f"expected a time or a share above 0, such as 90s, 10m, 1.5h or 20%, got {text!r}")
    if match[2] == "%":
        return Budget(match[0], share=number / 100)
    return Budget(match[0], seconds=number * _UNITS[match[2]])


def parse_seconds(text: str) -> float:
    """A time limit as a person types it: 30, 30s, 2m; ValueError says what was expected."""
    match = _TIME.fullmatch(text.strip() if text.strip()[-1:] in (*_UNITS, "%") else f"{text.strip()}s")
    if not match or match[2] == "%" or not float(match[1]):
        raise ValueError(f"expected a time above 0, such as 30s or 2m, got {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def choose(ranked: Sequence[Wanted], budget: Budget, *, spent_s: float = 0.0, workers: int = 1) -> Chosen | None:
    """Which tests of a ranking fit into a budget; None where no duration is known and so none can be left out by time.

    What must run is taken first, whatever it takes; then each next test of the ranking that still fits; the first one
    where none does. A test without a known duration counts as the mean of the others; where none is known, a share
    counts tests. Of a wall time, `spent_s` have passed already, and each of the workers has the rest of it.
    """
    known = [test.expected_s for test in ranked if test.expected_s is not None]
    if not known and budget.share is None:
        return None
    usual = statistics.fmean(known) if known else 1.0
    costs = [usual if test.expected_s is None else max(0.0, test.expected_s) for test in ranked]
    total = math.fsum(costs)
    room = total * budget.share if budget.share is not None else workers * ((budget.seconds or 0.0) - spent_s)
    taken = {place for place, test in enumerate(ranked) if test.must_run}
    used = math.fsum(costs[place] for place in taken)
    for place, cost in enumerate(costs):
        if place not in taken and used + cost <= room * (1 + 1e-9):
            taken.add(place)
            used += cost
    if not taken:
        taken, used = {0}, costs[0]
    return Chosen(frozenset(taken), used, total, len(ranked) - len(known))

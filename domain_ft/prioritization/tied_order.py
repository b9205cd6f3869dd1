"""An order of tests in which equal scores stay tied, and what may be expected of a tie before it is broken.

Heuristics tie hundreds of tests (all that never failed); breaking ties by row number would judge the file's order
instead of the score's. Everything here is an expectation over all orders of the tied tests, each as likely.
"""

from dataclasses import dataclass, fields

import numpy as np

from domain_ft.prioritization.judged_runs import BoolArray, FloatArray, IntArray, JudgedRuns

_ROUNDING = 1e-9
"""Shares of a build's time that differ by less are the same."""


@dataclass(frozen=True)
class TiedOrder:
    """Rows in their order, build by build, higher scores first; every array has one value per row (n,).

    Times are shares of the build's whole test time.
    """

    build: IntArray
    """Place of the row's build among `JudgedRuns.builds`."""
    failed: BoolArray
    share: FloatArray
    """The test's own time."""
    position: IntArray
    """From 1, within the tie: only a number, since the tied tests may stand in any order."""
    ahead: IntArray
    """Tests of the build in earlier ties."""
    failing_ahead: IntArray
    begins: FloatArray
    """The time of those ahead."""
    tied: IntArray
    """Tests in the tie, at least 1."""
    tied_failing: IntArray
    tied_time: FloatArray
    tied_failing_time: FloatArray

    @classmethod
    def of(cls, runs: JudgedRuns, score: FloatArray) -> "TiedOrder":
        """The order by `score` (n,), higher first; ValueError where a score is not a number."""
        if np.isnan(score).any():
            raise ValueError(f"row {int(np.flatnonzero(np.isnan(score))[0])}: the score is not a number")
        order = np.lexsort((-score, runs.place))
        build, failed, share = runs.place[order], runs.failed[order], runs.share[order]
        by_score = score[order]
        starts = np.r_[True, (build[1:] != build[:-1]) | (by_score[1:] != by_score[:-1])][: len(order)]
        tie = np.cumsum(starts) - 1
        first = np.flatnonzero(starts)
        opening = first[np.searchsorted(first, runs.first[build[first]])]
        rows, failing, times, failing_times = (
            np.r_[0, np.cumsum(values)] for values in (np.ones_like(tie), failed, share, share * failed)
        )
        last = np.r_[first[1:], len(order)]
        return cls(
            build=build,
            failed=failed,
            share=share,
            position=np.arange(len(order)) - first[tie] + 1,
            ahead=(rows[first] - rows[opening])[tie],
            failing_ahead=(failing[first] - failing[opening])[tie],
            begins=(times[first] - times[opening])[tie],
            tied=(last - first)[tie],
            tied_failing=(failing[last] - failing[first])[tie],
            tied_time=(times[last] - times[first])[tie],
            tied_failing_time=(failing_times[last] - failing_times[first])[tie],
        )

    def of_rows(self, chosen: BoolArray) -> "TiedOrder":
        """The chosen rows alone; what they say of their ties stays."""
        return TiedOrder(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    @property
    def failing(self) -> "TiedOrder":
        """The failing tests."""
        return self.of_rows(self.failed)

    @property
    def first_failing(self) -> "TiedOrder":
        """The failing tests of each build's first tie with a failure: any of them may be its first failure."""
        return self.of_rows(self.failed & (self.failing_ahead == 0))

    def places_within(self, budget: float) -> IntArray:
        """In how many of the tie's places, from its first on, each test has finished within `budget` (0 to 1).

        The tied tests before it are given their mean time: exact for equal times and for ties of two.
        """
        return self._places(budget, self.tied_time - self.share, self.tied - 1)

    def places_of_first_within(self, budget: float) -> IntArray:
        """The same for a tie's first failure, before which only passing tests of the tie can stand."""
        return self._places(budget, self.tied_time - self.tied_failing_time, self.tied - self.tied_failing)

    def _places(self, budget: float, time_before: FloatArray, tests_before: IntArray) -> IntArray:
        spare = budget + _ROUNDING - self.begins - self.share
        each = np.maximum(time_before, 0.0) / np.maximum(tests_before, 1)
        more = np.divide(spare, each, out=np.full(len(spare), np.inf), where=each > _ROUNDING**2)
        places = np.minimum(np.floor(more), tests_before) + 1
        return np.where(spare >= 0, places, 0).astype(np.int64)

    def chance_first_beyond(self, places: IntArray) -> FloatArray:
        """The chance that the tie's first failure stands in none of its first `places` places.

        C(s - f, k) / C(s, k) for f failures among s tied tests and k places.
        """
        passing = self.tied - self.tied_failing
        within = np.minimum(places, passing)
        ln = _ln_factorials(int(self.tied.max(initial=0)))
        chance = np.exp(ln[passing] - ln[passing - within] + ln[self.tied - within] - ln[self.tied])
        return np.where(places > passing, 0.0, chance)

    def chance_first_here(self) -> FloatArray:
        """The chance that the tie's first failure stands at the row's own `position`: C(s - j, f - 1) / C(s, f)."""
        passing = self.tied - self.tied_failing
        can = (self.tied_failing > 0) & (self.position <= passing + 1)
        ln = _ln_factorials(int(self.tied.max(initial=0)))
        s, f = self.tied[can], self.tied_failing[can]
        after = s - self.position[can]
        chance = np.zeros(len(can))
        chance[can] = np.exp(ln[after] - ln[f - 1] - ln[after - f + 1] - ln[s] + ln[f] + ln[s - f])
        return chance


def _ln_factorials(most: int) -> FloatArray:
    """ln(0!), ln(1!), ..., ln(most!)."""
    logarithms: FloatArray = np.r_[0.0, np.cumsum(np.log(np.arange(1, most + 1)))]
    return logarithms

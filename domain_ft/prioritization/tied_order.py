"""An order of tests in which equal scores stay tied, and what may be expected of a tie before it is broken.

Heuristics tie hundreds of tests (all that never failed); breaking ties by row number would judge the file's order
instead of the score's. Everything here is an expectation over all orders of the tied tests, each as likely, or,
where only an order tells how long the tests before one take, over the rotations of a drawn one.
"""

from dataclasses import dataclass, fields, replace

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
    alike: BoolArray
    """The tied tests all take the same time."""
    row: IntArray
    """The row's own number in this order, from 0; of a tie in a drawn order."""
    finished_before: FloatArray
    """Not per row: (all rows + 1,), the time of all rows before a number, of earlier builds too."""

    @classmethod
    def of(cls, runs: JudgedRuns, score: FloatArray) -> "TiedOrder":
        """The order by `score` (n,), higher first; ValueError where a score is not a number."""
        if np.isnan(score).any():
            raise ValueError(f"row {int(np.flatnonzero(np.isnan(score))[0])}: the score is not a number")
        order = np.lexsort((runs.drawn, -score, runs.place))
        build, failed, share, by_score = runs.place[order], runs.failed[order], runs.share[order], score[order]
        starts = np.r_[True, (build[1:] != build[:-1]) | (by_score[1:] != by_score[:-1])][: len(order)]
        tie = np.cumsum(starts) - 1
        first = np.flatnonzero(starts)
        last = np.r_[first[1:], len(order)][: len(first)]
        opening = runs.first[build[first]]
        failing, times, failing_times = (np.r_[0, np.cumsum(values)] for values in (failed, share, share * failed))
        spread = np.maximum.reduceat(share, first) - np.minimum.reduceat(share, first) if len(first) else share
        return cls(
            build=build,
            failed=failed,
            share=share,
            position=np.arange(len(order)) - first[tie] + 1,
            ahead=(first - opening)[tie],
            failing_ahead=(failing[first] - failing[opening])[tie],
            begins=(times[first] - times[opening])[tie],
            tied=(last - first)[tie],
            tied_failing=(failing[last] - failing[first])[tie],
            tied_time=(times[last] - times[first])[tie],
            tied_failing_time=(failing_times[last] - failing_times[first])[tie],
            alike=(spread < _ROUNDING)[tie],
            row=np.arange(len(order)),
            finished_before=times,
        )

    def of_rows(self, chosen: BoolArray) -> "TiedOrder":
        """The chosen rows alone; what they say of their ties stays."""
        per_row = [field.name for field in fields(self) if field.name != "finished_before"]
        return replace(self, **{name: getattr(self, name)[chosen] for name in per_row})

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

        Over the rotations of the drawn order each test stands once in every place, and those before it are its
        neighbours in the circle. Exact for tests that take the same time and for ties of two; else without bias.
        """
        times, start = self.finished_before, self.row - self.position + 1
        end = start + self.tied
        spare = budget + _ROUNDING - self.begins - self.share
        before = times[self.row] - times[start]
        around = spare >= before
        reached = np.searchsorted(times, np.where(around, times[end] - (spare - before), times[self.row] - spare))
        straight = self.row - np.clip(reached, start, self.row)
        wrapped = self.row - start + end - np.clip(reached, self.row + 1, end)
        return np.where(spare >= 0, np.where(around, wrapped, straight) + 1, 0)

    def first_found(self, budget: float) -> tuple[FloatArray, FloatArray]:
        """Of `first_failing` rows: the chance that the first failure has finished, and its rank if so, else 0.

        Their mean over a tie's rows is what is expected: exact for tests that take the same time; else over the
        rotations of the drawn order, in as many of which a row is the first failure as passing tests precede it
        in the circle, and one.
        """
        places = self.places_within(budget)
        beyond = self.chance_first_beyond(places)
        rank = self.ahead + (self.tied + 1) / (self.tied_failing + 1)
        # Beyond k places without a failure lies a tie of s - k tests that holds all f of them.
        later = self.ahead + places + (self.tied - places + 1) / (self.tied_failing + 1)
        turns = np.minimum(places, self._turns_as_first())
        share = self.tied_failing / self.tied
        return (
            np.where(self.alike, 1 - beyond, share * turns),
            np.where(self.alike, rank - beyond * later, share * turns * (self.ahead + (turns + 1) / 2)),
        )

    def _turns_as_first(self) -> IntArray:
        """In how many rotations each of these `first_failing` rows is its tie's first failure."""
        tie = self.row - self.position
        opens = np.r_[True, tie[1:] != tie[:-1]][: len(tie)]
        closing = np.r_[np.flatnonzero(opens)[1:], len(tie)][: int(opens.sum())] - 1
        previous = np.r_[0, self.row[:-1]][: len(tie)]
        previous[opens] = self.row[closing] - self.tied[opens]
        turns: IntArray = self.row - previous
        return turns

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

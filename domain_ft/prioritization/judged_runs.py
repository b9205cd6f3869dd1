"""The runs of builds as an order of tests is judged on them: who failed, and what each test costs.

They are the same for every order of an experiment, so what needs no order is worked out here once.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from domain_ft.mining.seeding import mix

IntArray: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LeftOut:
    """Builds that say nothing about an order, each counted once, under the first that holds."""

    single_test: int
    no_failure: int
    all_failed: int
    """Every order of them finds a failure first, and their APFD is 0.5 whatever is done."""

    @property
    def total(self) -> int:
        return self.single_test + self.no_failure + self.all_failed


@dataclass(frozen=True)
class JudgedRuns:
    """One row per (build, test), the rows of a build together; ValueError where that does not hold."""

    build: IntArray
    """Number of the row's build (n,), ascending."""
    failed: BoolArray
    duration: FloatArray
    """Seconds (n,); what is below zero or not finite is unknown."""

    def __post_init__(self) -> None:
        if not len(self.build) == len(self.failed) == len(self.duration):
            raise ValueError("build, failed and duration differ in length")
        if (np.diff(self.build) < 0).any():
            raise ValueError("the rows must stand in the order of their build's number")

    def __len__(self) -> int:
        return len(self.build)

    @cached_property
    def builds(self) -> IntArray:
        """The distinct build numbers (b,), ascending."""
        return self.build[self.first]

    @cached_property
    def first(self) -> IntArray:
        """The first row of each build (b,)."""
        return np.flatnonzero(np.diff(self.build, prepend=self.build[:1] - 1)).astype(np.int64)

    @cached_property
    def place(self) -> IntArray:
        """Each row's place among `builds` (n,)."""
        return np.repeat(np.arange(len(self.first)), self.tests)

    @cached_property
    def tests(self) -> IntArray:
        """Tests per build (b,)."""
        return np.diff(self.first, append=len(self.build))

    @cached_property
    def failing(self) -> IntArray:
        """Failing tests per build (b,)."""
        return np.bincount(self.place, weights=self.failed, minlength=len(self.first)).astype(np.int64)

    @cached_property
    def judged(self) -> BoolArray:
        """Builds (b,) with both outcomes: in them an order can be better or worse."""
        return (self.failing > 0) & (self.failing < self.tests)

    @cached_property
    def left_out(self) -> LeftOut:
        """How many builds an order is not judged on, and why."""
        several = self.tests > 1
        return LeftOut(
            single_test=int((~several).sum()),
            no_failure=int((several & (self.failing == 0)).sum()),
            all_failed=int((several & (self.failing == self.tests)).sum()),
        )

    @cached_property
    def share(self) -> FloatArray:
        """Each test's share of its build's time (n,).

        An unknown duration is the build's mean known one; where none is known, or all are zero, each test costs
        the same.
        """
        known = np.isfinite(self.duration) & (self.duration >= 0)
        total, count = (
            np.bincount(self.place, weights=weights, minlength=len(self.first))
            for weights in (np.where(known, self.duration, 0.0), known)
        )
        mean = np.divide(total, count, out=np.zeros(len(total)), where=count > 0)
        told = mean[self.place] > 0
        cost = np.where(told, np.where(known, self.duration, mean[self.place]), 1.0)
        shares: FloatArray = cost / np.bincount(self.place, weights=cost, minlength=len(self.first))[self.place]
        return shares

    @property
    def best_score(self) -> FloatArray:
        """The score (n,) that no order can beat: what fails comes first, and of that the shortest."""
        return np.where(self.failed, 2.0 - self.share, 0.0)

    @cached_property
    def drawn(self) -> npt.NDArray[np.uint64]:
        """A number per row (n,) as if drawn, by which ties are shuffled: of build number and place in the build.

        So a build is judged alike among all builds and among few of them, and by every order with the same luck.
        """
        within = np.arange(len(self)) - self.first[self.place]
        keys: npt.NDArray[np.uint64] = mix(mix(self.build.astype(np.uint64)) + within.astype(np.uint64))
        return keys

"""The (build, test) rows that an order is learned from: one shape for the ranking trees and for the network."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from domain_ft.prioritization.judged_runs import BoolArray, IntArray, JudgedRuns

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Vectors:
    """Embeddings of the distinct texts; a row of zeros stands for a text that is missing."""

    change: Matrix
    """(c, d)"""
    test: Matrix
    """(t, d)"""


@dataclass(frozen=True)
class LearningRows:
    """Rows in the order of their build's number; ValueError where they cannot be rows."""

    build: IntArray
    """(n,), ascending."""
    failed: BoolArray
    structural: Matrix
    """Features (n, f), known before the build; NaN where one is not."""
    change: IntArray
    """Each row's change, a row of `Vectors.change` (n,)."""
    test: IntArray
    """Each row's test, a row of `Vectors.test` (n,)."""

    def __post_init__(self) -> None:
        if {len(self.failed), len(self.structural), len(self.change), len(self.test)} != {len(self.build)}:
            raise ValueError("the arrays of the rows differ in length")
        if (np.diff(self.build) < 0).any():
            raise ValueError("the rows must stand in the order of their build's number")
        if (self.change < 0).any() or (self.test < 0).any():
            raise ValueError("each row needs a row of the vectors; give a missing text a row of zeros")

    def __len__(self) -> int:
        return len(self.build)

    def take(self, rows: IntArray | BoolArray) -> "LearningRows":
        """The rows at these places, ascending, or where a mask is true."""
        build, failed, structural = self.build[rows], self.failed[rows], self.structural[rows]
        return LearningRows(build, failed, structural, self.change[rows], self.test[rows])

    def with_columns(self, columns: Matrix) -> "LearningRows":
        """The same rows with further features (n, k) behind their own."""
        return replace(self, structural=np.column_stack([self.structural, columns]).astype(np.float32))

    @cached_property
    def teaching(self) -> BoolArray:
        """Rows (n,) of builds with both outcomes; others say nothing of an order."""
        runs = JudgedRuns(self.build, self.failed, np.ones(len(self.build)))
        taught: BoolArray = runs.judged[runs.place]
        return taught

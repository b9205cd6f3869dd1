"""Embeddings as columns for the ranking trees: the cosine of change and test, and principal components if asked for.

Hundreds of raw numbers would drown the features of history, and a tree cannot multiply two of them to find the
cosine. On the Ruby history the cosine alone ranked best beside history; components only helped where history said
little, since they tell which test it is.
"""

from dataclasses import dataclass

import numpy as np

from domain_ft.prioritization.judged_runs import IntArray
from domain_ft.prioritization.learned.rows import Matrix, Rows, Vectors


@dataclass(frozen=True)
class Components:
    """The directions in which vectors differ most."""

    mean: Matrix
    """(d,)"""
    directions: Matrix
    """(d, k), orthonormal, widest first."""

    @classmethod
    def fit(cls, vectors: Matrix, components: int) -> "Components":
        """Principal components of vectors (n, d), their signs fixed so that they repeat."""
        mean = vectors.mean(axis=0, dtype=np.float64)
        centred = vectors - mean
        directions = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :components]
        largest = np.abs(directions).argmax(axis=0)
        signs = np.sign(directions[largest, np.arange(directions.shape[1])])
        return cls(mean.astype(np.float32), (directions * signs).astype(np.float32))

    def of(self, vectors: Matrix) -> Matrix:
        """Coordinates (n, k)."""
        return ((vectors - self.mean) @ self.directions).astype(np.float32)


@dataclass(frozen=True)
class SemanticColumns:
    """What embeddings say of a row, fitted on training rows alone."""

    change: Components | None
    test: Components | None

    @classmethod
    def fit(cls, train: Rows, vectors: Vectors, components: int = 0) -> "SemanticColumns":
        """Components of the distinct changes and tests of the training rows; 0 for the cosine alone."""
        if not components:
            return cls(None, None)
        return cls(
            Components.fit(vectors.change[np.unique(train.change)], components),
            Components.fit(vectors.test[np.unique(train.test)], components),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """A name per column."""
        return (
            "cosine",
            *(
                f"{text}_component_{number}"
                for text, fitted in (("change", self.change), ("test", self.test))
                if fitted is not None
                for number in range(1, fitted.directions.shape[1] + 1)
            ),
        )

    def of(self, rows: Rows, vectors: Vectors) -> Matrix:
        """Columns (n, 1 + components of change + components of test) of unit vectors."""
        columns = [cosines(rows.change, rows.test, vectors)[:, None]]
        if self.change is not None and self.test is not None:
            columns += [self.change.of(vectors.change)[rows.change], self.test.of(vectors.test)[rows.test]]
        return np.concatenate(columns, axis=1, dtype=np.float32)


def cosines(change: IntArray, test: IntArray, vectors: Vectors, rows_at_once: int = 65_536) -> Matrix:
    """The cosine of each row's change and test (n,), a block of rows at a time; NaN where a text is missing."""
    found = np.empty(len(change), dtype=np.float32)
    for start in range(0, len(change), rows_at_once):
        block = slice(start, start + rows_at_once)
        left, right = vectors.change[change[block]], vectors.test[test[block]]
        told = left.any(axis=1) & right.any(axis=1)
        found[block] = np.where(told, np.einsum("ij,ij->i", left, right), np.nan)
    return found

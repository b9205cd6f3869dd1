"""How far an embedding lies from those of the training queries: two distances, each of a few arrays.

Both are kept as plain arrays in one file, so that a query can be scored years later by whoever has numpy.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from domain_ft.store.vectors import FloatArray

Scores = npt.NDArray[np.float64]
_CELLS = 1 << 24


class Distance(Protocol):
    """Embeddings (n, d) to how strange each is (n): the higher, the stranger."""

    name: ClassVar[str]

    def __call__(self, vectors: FloatArray) -> Scores: ...

    def save(self, path: Path) -> None:
        """Write the arrays that `load_distance` reads."""
        ...


@dataclass(frozen=True)
class KnnDistance:
    """1 - cosine to the k-th nearest training query (Sun et al., Out-of-Distribution Detection with Deep Nearest
    Neighbors, ICML 2022; of unit vectors their Euclidean distance has the same order)."""

    bank: FloatArray
    """Training queries (m, d)."""
    k: int

    name: ClassVar[str] = "knn"

    def __call__(self, vectors: FloatArray) -> Scores:
        k = min(self.k, len(self.bank))
        block = max(1, _CELLS // len(self.bank))
        found = [
            np.partition(vectors[start : start + block] @ self.bank.T, -k, axis=1)[:, -k]
            for start in range(0, len(vectors), block)
        ]
        return 1 - np.concatenate(found).astype(np.float64) if found else np.empty(0)

    def save(self, path: Path) -> None:
        np.savez(path, name=self.name, bank=self.bank, k=self.k)


@dataclass(frozen=True)
class MahalanobisDistance:
    """sqrt((x - mean)^T precision (x - mean)) (Lee et al., A Simple Unified Framework for Detecting
    Out-of-Distribution Samples, NeurIPS 2018, with one class); the covariance is shrunk as by Ledoit and Wolf, A
    well-conditioned estimator for large-dimensional covariance matrices, 2004, for there may be fewer queries than
    dimensions."""

    mean: Scores
    """(d)"""
    precision: Scores
    """(d, d)"""

    name: ClassVar[str] = "mahalanobis"

    @classmethod
    def fit(cls, training: FloatArray) -> "MahalanobisDistance":
        """Of training queries (m, d)."""
        from sklearn.covariance import LedoitWolf

        fitted = LedoitWolf().fit(training.astype(np.float64))
        return cls(fitted.location_, fitted.precision_)

    def __call__(self, vectors: FloatArray) -> Scores:
        apart = vectors.astype(np.float64) - self.mean
        squared: Scores = np.einsum("ij,ij->i", apart @ self.precision, apart)
        return np.sqrt(np.maximum(squared, 0))

    def save(self, path: Path) -> None:
        np.savez(path, name=self.name, mean=self.mean, precision=self.precision)


def load_distance(path: Path) -> Distance:
    """What `save` wrote."""
    with np.load(path, allow_pickle=False) as content:
        if str(content["name"]) == KnnDistance.name:
            return KnnDistance(content["bank"], int(content["k"]))
        return MahalanobisDistance(content["mean"], content["precision"])

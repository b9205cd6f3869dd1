"""Whether a model still tells texts apart: how near they lie to each other, and in how many directions they differ.

A model that maps all texts to one place ranks by noise, and a mean cosine near 1 says so. One that uses few of its
dimensions may rank its own domain well and nothing else; that shows in the effective rank.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from domain_ft.store.vectors import FloatArray

COLLAPSED = 0.95
"""From this mean cosine on, if it also halved the distances that the base model had, a model counts as collapsed."""
SAMPLE = 2_000
"""Texts that are looked at, at most."""


@dataclass(frozen=True)
class Spread:
    """The mean cosine between distinct texts: the tuned model's, and the base model's of the same texts."""

    tuned: float
    base: float

    @property
    def collapsed(self) -> bool:
        """Whether training has brought distinct texts into one place."""
        return self.tuned >= COLLAPSED and 1 - self.tuned <= (1 - self.base) / 2


@dataclass(frozen=True)
class Occupancy:
    """How much of its space a model uses for the corpus."""

    mean_pairwise_cosine: float
    effective_rank: float
    dimension: int


@dataclass(frozen=True)
class Collapse:
    """The models' occupancy on one and the same sample of the corpus, and whether the candidate has collapsed."""

    texts: int
    arms: Mapping[str, Occupancy]
    collapsed: bool


def mean_pairwise_cosine(vectors: FloatArray) -> float:
    """The mean cosine of all pairs of distinct rows of unit vectors: (|sum|^2 - n) / (n (n - 1))."""
    n = len(vectors)
    if n < 2:
        return 0.0
    total = vectors.sum(axis=0, dtype="float64")
    return float((total @ total - n) / (n * (n - 1)))


def effective_rank(vectors: FloatArray) -> float:
    """exp(-sum p log p) over the singular values' shares p: 1 if all rows are parallel, at most their dimension.

    Roy and Vetterli, The effective rank: a measure of effective dimensionality, EUSIPCO 2007. The singular values are
    the roots of the Gram matrix's eigenvalues, which cost far less where there are many more rows than dimensions.
    """
    rows = vectors.astype(np.float64)
    gram = rows.T @ rows if len(rows) > rows.shape[1] else rows @ rows.T
    values = np.sqrt(np.clip(np.linalg.eigvalsh(gram), 0, None))
    shares = values[values > 0] / values.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def corpus_collapse(items: Mapping[str, FloatArray], base: str, candidate: str, seed: int) -> Collapse:
    """`items` has, per arm, the unit embeddings of the same distinct texts in the same order."""
    total = len(items[base])
    rows = np.sort(np.random.default_rng(seed).permutation(total)[:SAMPLE])
    arms = {arm: _occupancy(vectors[rows]) for arm, vectors in items.items()}
    spread = Spread(arms[candidate].mean_pairwise_cosine, arms[base].mean_pairwise_cosine)
    return Collapse(len(rows), arms, spread.collapsed)


def _occupancy(vectors: FloatArray) -> Occupancy:
    return Occupancy(mean_pairwise_cosine(vectors), effective_rank(vectors), vectors.shape[1])

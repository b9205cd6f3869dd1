"""How a model's cosines to relevant and to unaffected tests are spread, in bins shared by all models."""

from dataclasses import dataclass

import numpy as np

from domain_ft.evaluation.similarity import PairSimilarities
from domain_ft.store.vectors import FloatArray

BINS = 44
LOWEST, HIGHEST = -0.1, 1.0
"""Cosines below the lowest edge are rare in text embeddings; they count in the first bin."""


@dataclass(frozen=True)
class SimilarityHistogram:
    """The share of pairs per bin; each list adds up to 1, or is all zero where there are no pairs."""

    relevant: tuple[float, ...]
    unaffected: tuple[float, ...]


def similarity_histogram(similarities: PairSimilarities) -> SimilarityHistogram:
    """The histograms of one model."""
    return SimilarityHistogram(_shares(similarities.relevant), _shares(similarities.unaffected))


def _shares(cosines: FloatArray) -> tuple[float, ...]:
    counts, _ = np.histogram(np.clip(cosines, LOWEST, HIGHEST), bins=BINS, range=(LOWEST, HIGHEST))
    return tuple((counts / max(1, len(cosines))).round(6).tolist())

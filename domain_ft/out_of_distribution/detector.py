"""A detector of strangers: a distance fitted on training queries, a threshold from validation, figures from test.

Each split has one use. The choice between distances is made against one half of the strangers, on validation; what is
reported is measured against the other half, on test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from domain_ft.amounts import counted
from domain_ft.errors import NothingToJudgeError
from domain_ft.evaluation.statistics import Estimate, Resampling, estimate_mean
from domain_ft.evaluation.task import IntArray
from domain_ft.out_of_distribution.distances import Distance, KnnDistance, MahalanobisDistance, Scores
from domain_ft.out_of_distribution.separation import (
    Scored,
    Separation,
    area,
    fewest_queries,
    separation,
    threshold_at,
)
from domain_ft.out_of_distribution.settings import OutOfDistributionSettings
from domain_ft.store.vectors import FloatArray

FEWEST = 10
"""Queries of a split with fewer than these say nothing."""
BINS = 40


@dataclass(frozen=True)
class Embedded:
    """Embeddings (n, d) of queries, and which of them belong together (a document, a build)."""

    vectors: FloatArray
    clusters: IntArray


@dataclass(frozen=True)
class OwnQueries:
    """A domain's own queries by split."""

    train: FloatArray
    validation: Embedded
    test: Embedded


@dataclass(frozen=True)
class Strangers:
    """Queries of one other source, in two halves."""

    validation: Embedded
    test: Embedded


@dataclass(frozen=True)
class Detector:
    """A fitted distance with its threshold, and how it fares."""

    distance: Distance
    threshold: float
    validation_scores: Scores
    """Sorted."""
    tried: Mapping[str, Mapping[str, float]]
    """Distance -> source of strangers -> AUC on validation."""
    false_positive_rate: Estimate | None
    """On test."""
    separations: Mapping[str, Separation]
    """Source of strangers -> figures on test."""
    test_scores: Mapping[str, Scores]
    """Source -> scores on test; the domain's own under its name `own`."""
    notes: tuple[str, ...]


def fit_detector(
    own: OwnQueries, strangers: Mapping[str, Strangers], settings: OutOfDistributionSettings, resampling: Resampling
) -> Detector:
    """Fit, choose, set the threshold, measure; NothingToJudgeError where a split has fewer than ten queries."""
    for split, vectors in (("train", own.train), ("validation", own.validation.vectors), ("test", own.test.vectors)):
        if len(vectors) < FEWEST:
            few = counted(len(vectors), "queries")
            raise NothingToJudgeError(f"the {split} split has {few}; at least {FEWEST} are needed to tell strangers")
    fitted = _distances(own.train, settings)
    tried = {distance.name: _on_validation(distance, own, strangers) for distance in fitted}
    distance = max(fitted, key=lambda each: _mean(tried[each.name]))
    validation = np.sort(distance(own.validation.vectors))
    threshold = threshold_at(validation, settings.false_positive_rate)
    tested = {name: Scored(distance(each.test.vectors), each.test.clusters) for name, each in strangers.items()}
    test = Scored(distance(own.test.vectors), own.test.clusters)
    rate = estimate_mean((test.scores > threshold).astype(float), test.clusters, resampling)
    return Detector(
        distance=distance,
        threshold=threshold,
        validation_scores=validation,
        tried=tried,
        false_positive_rate=rate,
        separations={name: separation(test, each, threshold, resampling) for name, each in tested.items()},
        test_scores={"own": test.scores, **{name: each.scores for name, each in tested.items()}},
        notes=tuple(_notes(own, rate, settings)),
    )


def p_values(scores: Scores, validation: Scores) -> Scores:
    """For each score (1 + own queries of validation at least as strange) / (1 + all of those): not a share of them."""
    shares: Scores = (1 + as_strange(scores, validation)) / (1 + len(validation))
    return shares


def as_strange(scores: Scores, validation: Scores) -> IntArray:
    """For each score how many of the sorted scores of validation are at least as high."""
    counts: IntArray = len(validation) - np.searchsorted(validation, scores, side="left")
    return counts


def histograms(test_scores: Mapping[str, Scores]) -> dict[str, Any]:
    """The share of each source's scores per bin, in bins that all share; what lies beyond 99.5 % counts in the last."""
    together = np.concatenate(list(test_scores.values()))
    low, high = float(together.min()), float(np.quantile(together, 0.995))
    if high <= low:
        high = low + 1e-6
    shares = {
        name: (np.histogram(np.clip(scores, low, high), BINS, (low, high))[0] / len(scores)).round(6).tolist()
        for name, scores in test_scores.items()
    }
    return {"low": low, "high": high, "shares": shares}


def _distances(train: FloatArray, settings: OutOfDistributionSettings) -> Sequence[Distance]:
    made: list[Distance] = []
    if settings.method in ("auto", "knn"):
        made.append(KnnDistance(train, settings.neighbours))
    if settings.method in ("auto", "mahalanobis"):
        made.append(MahalanobisDistance.fit(train))
    return made


def _on_validation(distance: Distance, own: OwnQueries, strangers: Mapping[str, Strangers]) -> dict[str, float]:
    scores = distance(own.validation.vectors)
    return {name: area(scores, distance(each.validation.vectors)) for name, each in strangers.items()}


def _mean(areas: Mapping[str, float]) -> float:
    return sum(areas.values()) / len(areas) if areas else 0.0


def _notes(own: OwnQueries, rate: Estimate | None, settings: OutOfDistributionSettings) -> list[str]:
    there, needed = len(own.validation.vectors), fewest_queries(settings.false_positive_rate)
    notes = []
    if there < needed:
        notes.append(
            f"{counted(there, 'validation queries')} cannot show a false-positive rate of "
            f"{settings.false_positive_rate:g} ({needed} can): the threshold is the highest score among them"
        )
    if rate is not None and rate.low is not None and rate.low > settings.false_positive_rate:
        notes.append(
            "more of the own test queries are above the threshold than were promised: they come from other documents, "
            "or later builds, than those of validation, and so may those to come"
        )
    return notes

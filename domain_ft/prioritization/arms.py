"""The arms of the experiment: each order's score on every row, with what was chosen on validation for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from domain_ft.prioritization.case import PrioritizationCase
from domain_ft.prioritization.features import FeatureTable
from domain_ft.prioritization.order_metrics import order_metrics
from domain_ft.prioritization.orders import (
    BASE_COSINE,
    HYBRID,
    HYBRID_BASE,
    HYBRID_TUNED,
    ORACLE,
    RECORDED,
    SIMPLE,
    TUNED_COSINE,
    Part,
    Ranks,
    hybrid_ranks,
    simple_scores,
    weight_choices,
)
from domain_ft.prioritization.timeline import FloatArray


@dataclass(frozen=True)
class Arms:
    """Scores (n) of all rows per arm, higher first; the random arm is not among them: it has many."""

    scores: Mapping[str, FloatArray]
    weights: Mapping[str, Mapping[Part, float]] = field(default_factory=dict)
    """Per hybrid the weights that validation chose."""
    tried: int = 0
    """Combinations of weights that were tried on validation, in all."""


def untrained_arms(
    case: PrioritizationCase, structural: FeatureTable, base: FeatureTable | None, tuned: FeatureTable | None
) -> Arms:
    """Every order that needs no training; the hybrids' weights are those that are best on validation.

    Without a model's features there are no orders by meaning.
    """
    build = case.rows.build
    plain: dict[str, FloatArray] = {
        RECORDED: -np.arange(len(build), dtype=np.float64),
        **{name: simple_scores(structural, name) for name in SIMPLE},
    }
    by_meaning = ((BASE_COSINE, HYBRID_BASE, base), (TUNED_COSINE, HYBRID_TUNED, tuned))
    cosines: dict[str, npt.NDArray[np.float32] | None] = {HYBRID: None}
    for alone, fused, features in by_meaning:
        if features is not None:
            plain[alone] = features["cosine"].astype(np.float64)
            cosines[fused] = features["cosine"]
    weights, tried = {}, 0
    for name, cosine in cosines.items():
        ranks = hybrid_ranks(build, structural, cosine)
        choices = weight_choices(tuple(ranks.parts))
        weights[name] = best_on_validation(case, ranks, choices)
        plain[name] = ranks.fused(weights[name])
        tried += len(choices)
    return Arms({**plain, ORACLE: case.faults.astype(np.float64)}, weights, tried)


def best_on_validation(case: PrioritizationCase, ranks: Ranks, choices: list[dict[Part, float]]) -> dict[Part, float]:
    """The weights with the highest mean of the primary metric on validation; of equal ones the first."""
    chosen = case.rows_of("validation")
    part = Ranks({name: values[chosen] for name, values in ranks.parts.items()})
    mean = validation_mean(case)
    return max(choices, key=lambda weights: mean(part.fused(weights)))


def validation_mean(case: PrioritizationCase) -> Callable[[FloatArray], float]:
    """A score of the validation's rows -> the mean over its judged builds of the primary metric; -inf without any."""
    runs, settings = case.judged("validation"), case.settings
    if settings.primary_metric != "apfdc":  # then no duration counts, and what needs them is not worked out with them
        runs = replace(runs, duration=np.full(len(runs), np.nan))

    def mean(score: FloatArray) -> float:
        values = order_metrics(runs, score, settings.fault_mapping).values[settings.primary_metric]
        return float(np.nanmean(values)) if runs.judged.any() else -np.inf

    return mean

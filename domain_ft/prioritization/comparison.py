"""One order of tests beside another, build by build: how much earlier it finds the faults, and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from domain_ft.comparison.paired import Paired, holm_adjusted, paired
from domain_ft.evaluation.statistics import PairedDifference, Resampling
from domain_ft.evaluation.verdict import judge
from domain_ft.prioritization.order_metrics import LOWER_IS_BETTER
from domain_ft.prioritization.timeline import FloatArray, IntArray


@dataclass(frozen=True)
class OrderDifference:
    """The mean difference of two orders over builds, with all that says how far chance could have made it."""

    order: str
    reference: str
    metric: str
    mean: float
    low: float | None
    high: float | None
    n: int
    """Builds."""
    clusters: int
    """Distinct change texts among them: the units of resampling."""
    p_value: float | None
    p_holm: float | None
    """Adjusted for all comparisons of the metric."""
    wilcoxon_p: float | None
    """Of the signed-rank test; builds without a difference count (Pratt)."""
    a12: float | None
    """How often a build of the one order beats one of the other (Vargha and Delaney, 2000); 0.5: as often as not."""
    better: int
    equal: int
    worse: int
    verdict: str
    n_needed: int | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def compare_orders(
    per_build: Mapping[str, Mapping[str, FloatArray]],
    pairs: Sequence[tuple[str, str]],
    metrics: Sequence[str],
    clusters: IntArray,
    resampling: Resampling,
    minimum_effect: float,
) -> list[OrderDifference]:
    """Each pair of orders on each metric; `per_build`: order -> metric -> values (b), NaN where not defined.

    For metrics where less is better the difference is turned round, so that above 0 is always better.
    """
    rows = []
    for metric in metrics:
        sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
        values = {order: sign * figures[metric] for order, figures in per_build.items()}
        found = {
            pair: result
            for pair in pairs
            if (result := paired(values[pair[0]], values[pair[1]], clusters, resampling, "pratt")) is not None
        }
        adjusted = holm_adjusted({f"{one}\n{other}": result for (one, other), result in found.items()})
        rows += [
            _row(pair, metric, result, adjusted.get("\n".join(pair)), values, resampling, minimum_effect)
            for pair, result in found.items()
        ]
    return rows


def vargha_delaney(one: FloatArray, other: FloatArray) -> float | None:
    """A12 = P(one > other) + P(one = other) / 2 over all pairs of values; None where there are none.

    Vargha and Delaney, A critique and improvement of the CL common language effect size statistics, 2000.
    """
    one, other = one[~np.isnan(one)], other[~np.isnan(other)]
    if not len(one) or not len(other):
        return None
    ranks = stats.rankdata(np.concatenate([one, other]))[: len(one)]
    return float((ranks.sum() / len(one) - (len(one) + 1) / 2) / len(other))


def _row(
    pair: tuple[str, str],
    metric: str,
    found: Paired,
    p_holm: float | None,
    values: Mapping[str, FloatArray],
    resampling: Resampling,
    minimum_effect: float,
) -> OrderDifference:
    estimate = found.estimate
    judgement = judge(
        PairedDifference(estimate, found.permutation_p, found.deviation),
        minimum_effect=minimum_effect,
        confidence=resampling.confidence,
        p_holm=p_holm,
    )
    return OrderDifference(
        *pair,
        metric,
        estimate.mean,
        estimate.low,
        estimate.high,
        estimate.n,
        estimate.clusters,
        found.permutation_p,
        p_holm,
        found.wilcoxon_p,
        vargha_delaney(values[pair[0]], values[pair[1]]),
        found.better,
        found.equal,
        found.worse,
        judgement.verdict,
        judgement.n_needed,
    )

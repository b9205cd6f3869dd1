"""How well a distance tells strangers from a domain's own queries, with what chance may have made of it."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from domain_ft.evaluation.statistics import Estimate, Resampling
from domain_ft.evaluation.task import IntArray
from domain_ft.out_of_distribution.distances import Scores

PASSING = 0.95
_AT_ONCE = 200
"""Resamples computed at once."""


@dataclass(frozen=True)
class Scored:
    """The scores of some queries, and which of them rise and fall together."""

    scores: Scores
    clusters: IntArray


@dataclass(frozen=True)
class Separation:
    """Own queries beside strangers of one source."""

    auc: Estimate
    """The chance that a stranger scores higher than an own query; ties count half."""
    fpr_at_95_tpr: float
    """Share of the strangers that pass where 95 % of the own queries do."""
    caught: float
    """Share of the strangers above the threshold in force."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def threshold_at(scores: Scores, false_positive_rate: float) -> float:
    """The score above which at most this share of own queries is to be expected.

    The ceil((n + 1) (1 - rate))-th smallest of n held-out scores, as in split conformal prediction (Papadopoulos et
    al., 2002): for a new query of the same kind the promise holds exactly, not only as n grows. Where n is too small
    for it, the largest.
    """
    rank = math.ceil((len(scores) + 1) * (1 - false_positive_rate))
    return float(np.sort(scores)[min(rank, len(scores)) - 1])


def fewest_queries(false_positive_rate: float) -> int:
    """How many held-out queries a threshold with that promise takes."""
    return math.ceil(1 / false_positive_rate - 1 - 1e-9)


def separation(own: Scored, strangers: Scored, threshold: float, resampling: Resampling) -> Separation:
    """Own queries against strangers, at least one of each."""
    passing = np.quantile(own.scores, PASSING, method="higher")
    return Separation(
        auc=_auc(own, strangers, resampling),
        fpr_at_95_tpr=float((strangers.scores <= passing).mean()),
        caught=float((strangers.scores > threshold).mean()),
    )


def area(own: Scores, strangers: Scores) -> float:
    """The AUC by itself: the Mann-Whitney statistic divided by the number of pairs."""
    ranks = stats.rankdata(np.concatenate([own, strangers]))
    u = ranks[len(own) :].sum() - len(strangers) * (len(strangers) + 1) / 2
    return float(u / (len(own) * len(strangers)))


def _auc(own: Scored, strangers: Scored, resampling: Resampling) -> Estimate:
    """With an interval by resampling the clusters of both sides, its tails moved outwards for few clusters as in
    `domain_ft.evaluation.statistics.estimate_mean`."""
    mean = area(own.scores, strangers.scores)
    few = min(len(np.unique(own.clusters)), len(np.unique(strangers.clusters)))
    if few < 2:
        return Estimate(mean, None, None, len(own.scores), few)
    tail = (1 - resampling.confidence) / 2
    tail = float(stats.norm.cdf(-math.sqrt(few / (few - 1)) * stats.t.ppf(1 - tail, few - 1)))
    low, high = np.quantile(_resampled(own, strangers, resampling), [tail, 1 - tail])
    return Estimate(mean, float(low), float(high), len(own.scores), few)


def _resampled(own: Scored, strangers: Scored, resampling: Resampling) -> npt.NDArray[np.float64]:
    """The AUC of each resample: how often each query was drawn, times who beats whom."""
    beats = (strangers.scores[None, :] > own.scores[:, None]).astype(np.float32)
    beats += 0.5 * (strangers.scores[None, :] == own.scores[:, None])
    generator = np.random.default_rng(resampling.seed)
    found = []
    for start in range(0, resampling.resamples, _AT_ONCE):
        size = min(_AT_ONCE, resampling.resamples - start)
        drawn, other = (_drawn(side.clusters, size, generator) for side in (own, strangers))
        wins = np.einsum("rj,rj->r", drawn @ beats, other)
        found.append(wins / (drawn.sum(axis=1) * other.sum(axis=1)))
    return np.concatenate(found).astype(np.float64)


def _drawn(clusters: IntArray, size: int, generator: np.random.Generator) -> npt.NDArray[np.float32]:
    """How often each query stands in each of some resamples (size, n) of whole clusters."""
    _, member = np.unique(clusters, return_inverse=True)
    count = int(member.max()) + 1
    times = generator.multinomial(count, np.full(count, 1 / count), size=size)
    return times[:, member].astype(np.float32)

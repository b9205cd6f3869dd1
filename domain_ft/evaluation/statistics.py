"""How sure a mean or a difference is, given that queries of one build rise and fall together.

The unit of resampling is the cluster (the build or document), never the single query. Everything takes per-query
arrays with NaN where a figure is not defined, is vectorised over resamples, and repeats exactly for a seed.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from domain_ft.evaluation.evidence import fewest_clusters
from domain_ft.evaluation.metrics import PerQuery
from domain_ft.evaluation.task import IntArray

POWER = 0.8
"""The chance with which `n_to_decide` wants an effect to be found."""
_DRAWS_AT_ONCE = 4_000_000
_EXACT_CLUSTERS = 12


@dataclass(frozen=True)
class Estimate:
    """A mean with its confidence interval; `low` and `high` are None where fewer than two clusters are known."""

    mean: float
    low: float | None
    high: float | None
    n: int
    """Queries that the mean is over."""
    clusters: int


@dataclass(frozen=True)
class PairedDifference:
    """The mean difference of two arms on the same queries, and how far chance could have made it."""

    estimate: Estimate
    p_value: float | None
    """Two-sided, by flipping the signs of whole clusters; None where nothing can be compared."""
    deviation: float
    """Standard deviation between the clusters' mean differences."""


@dataclass(frozen=True)
class Resampling:
    """How intervals and p-values are drawn."""

    resamples: int = 2000
    confidence: float = 0.95
    seed: int = 42


@dataclass(frozen=True)
class _Clustered:
    """Sums and counts of the defined values per cluster."""

    total: npt.NDArray[np.float64]
    count: npt.NDArray[np.float64]

    @classmethod
    def of(cls, values: PerQuery, clusters: IntArray) -> "_Clustered":
        defined = ~np.isnan(values)
        _, member = np.unique(clusters[defined], return_inverse=True)
        return cls(
            np.bincount(member, weights=values[defined]).astype(np.float64), np.bincount(member).astype(np.float64)
        )

    @property
    def mean(self) -> float:
        return float(self.total.sum() / self.count.sum())


def estimate_mean(values: PerQuery, clusters: IntArray, resampling: Resampling) -> Estimate | None:
    """The mean over queries with a bootstrap interval over clusters, or None where no value is defined.

    Percentile bootstrap of the ratio sum / count, whose quantiles are moved outwards to make up for the narrowness
    of bootstrap distributions on few clusters (Hesterberg, What teachers should know about the bootstrap, 2015,
    "expanded percentile": alpha/2 becomes Phi(-sqrt(c / (c - 1)) * t_{c-1, alpha/2}) for c clusters).
    """
    grouped = _Clustered.of(values, clusters)
    known = len(grouped.total)
    if known == 0:
        return None
    low = high = None
    if known > 1:
        tail = (1 - resampling.confidence) / 2
        tail = float(stats.norm.cdf(-math.sqrt(known / (known - 1)) * stats.t.ppf(1 - tail, known - 1)))
        low, high = (float(bound) for bound in np.quantile(_bootstrap_means(grouped, resampling), [tail, 1 - tail]))
    return Estimate(grouped.mean, low, high, int(grouped.count.sum()), known)


def compare(
    candidate: PerQuery, reference: PerQuery, clusters: IntArray, resampling: Resampling
) -> PairedDifference | None:
    """Candidate minus reference on the queries where both are defined, or None where there are none.

    Differences of zero stay in: they narrow nothing and shift nothing, as decided before any figure was seen.
    """
    differences = candidate - reference
    estimate = estimate_mean(differences, clusters, resampling)
    if estimate is None:
        return None
    grouped = _Clustered.of(differences, clusters)
    means = grouped.total / grouped.count
    return PairedDifference(
        estimate=estimate,
        p_value=sign_flip_p_value(grouped.total, resampling),
        deviation=float(means.std(ddof=1)) if len(means) > 1 else 0.0,
    )


def sign_flip_p_value(totals: npt.NDArray[np.float64], resampling: Resampling) -> float | None:
    """The two-sided p-value of clusters' summed differences: how often random signs give a sum at least as large.

    With few clusters all sign patterns are counted; else (hits + 1) / (resamples + 1) of random ones, which never
    claims more than was drawn (Phipson and Smyth, Permutation p-values should never be zero, 2010).
    """
    if len(totals) < 2:
        return None
    observed = abs(totals.sum()) * (1 - 1e-12)
    if len(totals) <= _EXACT_CLUSTERS:
        patterns = (np.arange(2 ** len(totals))[:, None] >> np.arange(len(totals))) & 1
        return float((np.abs((2 * patterns - 1) @ totals) >= observed).mean())
    generator = np.random.default_rng(resampling.seed)
    hits = 0
    for size in _blocks(resampling.resamples, len(totals)):
        signs = 2 * generator.integers(0, 2, (size, len(totals)), dtype=np.int8) - 1
        hits += int((np.abs(signs @ totals) >= observed).sum())
    return (hits + 1) / (resampling.resamples + 1)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Holm's step-down adjusted p-values (Scandinavian Journal of Statistics, 1979), by the same names."""
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, (name, p_value) in enumerate(sorted(p_values.items(), key=lambda entry: (entry[1], entry[0]))):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_value))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}


def n_to_decide(deviation: float, effect: float, confidence: float) -> int | None:
    """How many clusters would show a true difference of `effect` in four of five cases, at this confidence.

    ((z_{1 - alpha/2} + z_{power}) * deviation / effect)^2, but never fewer than can decide at all; None where the
    deviation is not known to be positive.
    """
    if deviation <= 0:
        return None
    z = float(stats.norm.ppf((1 + confidence) / 2) + stats.norm.ppf(POWER))
    return max(fewest_clusters(confidence), math.ceil((z * deviation / effect) ** 2))


def _bootstrap_means(grouped: _Clustered, resampling: Resampling) -> npt.NDArray[np.float64]:
    generator = np.random.default_rng(resampling.seed)
    known = len(grouped.total)
    means = []
    for size in _blocks(resampling.resamples, known):
        drawn = generator.integers(0, known, (size, known), dtype=np.int32)
        means.append(grouped.total[drawn].sum(axis=1) / grouped.count[drawn].sum(axis=1))
    return np.concatenate(means)


def _blocks(resamples: int, width: int) -> Iterator[int]:
    """Sizes that add up to `resamples`, each small enough for memory."""
    most = max(1, _DRAWS_AT_ONCE // width)
    for start in range(0, resamples, most):
        yield min(most, resamples - start)

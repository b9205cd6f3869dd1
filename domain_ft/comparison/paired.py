"""The difference of two arms on the same items: how large, and how sure.

An item is a question, its repeats averaged first; questions about concepts of one family are one cluster, the unit
of evidence.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from domain_ft.comparison.settings import Zeros
from domain_ft.evaluation.statistics import Estimate, Resampling, compare, holm

Values = npt.NDArray[np.float64]
Clusters = npt.NDArray[np.int64]
_NOISE = 1e-9
"""A deviation below it is that of rounding."""
_ALL_SIGNS = 13
"""So many clusters, of which some are tied or equal, have few enough signs to go through all of them, as scipy does."""


@dataclass(frozen=True)
class Paired:
    """One arm minus another, over the items of both."""

    estimate: Estimate
    deviation: float
    """Standard deviation of the clusters' mean differences."""
    permutation_p: float | None
    """Two-sided, by flipping the signs of clusters."""
    wilcoxon_p: float | None
    """Of the signed-rank test over clusters (Wilcoxon, 1945); None where no cluster differs."""
    effect_size: float | None
    """Cohen's d_z: the mean difference over its deviation (Lakens, 2013); None where all differ alike."""
    better: int
    """Clusters where the first arm is better; `worse` and `equal` are the others."""
    worse: int
    equal: int

    @property
    def figure(self) -> str:
        """The mean difference with its interval, where there is one, as sentences hold it."""
        mean, low, high = self.estimate.mean, self.estimate.low, self.estimate.high
        return f"{mean:+.3f}" if low is None or high is None else f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"

    def as_json(self) -> dict[str, Any]:
        """The figures, flat."""
        figures = asdict(self)
        return {**figures.pop("estimate"), **figures}


def paired(one: Values, other: Values, clusters: Clusters, resampling: Resampling, zeros: Zeros) -> Paired | None:
    """`one` minus `other` (n each, NaN where an arm has no figure), or None where they share no item."""
    found = compare(one, other, clusters, resampling)
    if found is None:
        return None
    means = _cluster_means(one - other, clusters)
    deviation = found.deviation if found.deviation > _NOISE else 0.0
    return Paired(
        found.estimate,
        deviation,
        found.p_value,
        _wilcoxon(means, zeros),
        float(means.mean() / deviation) if deviation > 0 else None,
        int((means > 0).sum()),
        int((means < 0).sum()),
        int((means == 0).sum()),
    )


def holm_adjusted(found: Mapping[str, Paired]) -> dict[str, float]:
    """The permutation p-values of several comparisons, adjusted for their number, by the same names."""
    return holm({name: each.permutation_p for name, each in found.items() if each.permutation_p is not None})


def _cluster_means(differences: Values, clusters: Clusters) -> Values:
    defined = ~np.isnan(differences)
    _, member = np.unique(clusters[defined], return_inverse=True)
    means: Values = np.bincount(member, weights=differences[defined]) / np.bincount(member)
    return means


def _wilcoxon(means: Values, zeros: Zeros) -> float | None:
    if len(means) < 2 or not means.any():
        return None
    sizes = np.abs(means)
    if len(means) > _ALL_SIGNS or (sizes.all() and len(np.unique(sizes)) == len(sizes)):
        return float(stats.wilcoxon(means, zero_method=zeros).pvalue)
    return _over_all_signs(means, zeros)


def _over_all_signs(means: Values, zeros: Zeros) -> float:
    """What `scipy.stats.wilcoxon` answers here, in a thirtieth of its time: no sign changes a rank, so that none is
    taken anew for each of the 2^n signs."""
    counted = means[means != 0] if zeros == "wilcox" else means
    if len(counted) < 2:
        return 1.0
    signed = np.sign(counted) * stats.rankdata(np.abs(counted))

    def rank_sum(each: Values, axis: int) -> Values:
        total: Values = np.maximum(each, 0).sum(axis=axis)
        return total

    tested = stats.permutation_test(
        (signed,), rank_sum, permutation_type="samples", vectorized=True, n_resamples=2**_ALL_SIGNS
    )
    return float(tested.pvalue)

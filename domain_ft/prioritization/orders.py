"""The orders that need no training: by chance, by history, by cost, by words, by meaning, and all of them together.

Each is a score per (build, test), higher first; equal scores are tied, and what a tie is worth is a matter of
expectation (`tied_order`), never of the row that came first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from domain_ft.prioritization.features import FeatureTable
from domain_ft.prioritization.timeline import FloatArray, IntArray

RANDOM, RECORDED, ORACLE = "random", "as_recorded", "oracle"
FAILURE_RATE, RECENTLY_FAILED, CHEAPEST, BM25 = "failure_rate", "recently_failed", "cheapest_first", "bm25"
BASE_COSINE, TUNED_COSINE = "base_cosine", "tuned_cosine"
HYBRID, HYBRID_BASE, HYBRID_TUNED = "hybrid", "hybrid_base", "hybrid_tuned"
TREES, TREES_BASE, TREES_TUNED = "lambdarank", "lambdarank_base", "lambdarank_tuned"
NETWORK_BASE, NETWORK_TUNED = "network_base", "network_tuned"
ORDERS = (
    RANDOM, RECORDED, FAILURE_RATE, RECENTLY_FAILED, CHEAPEST, BM25, BASE_COSINE, TUNED_COSINE, HYBRID, HYBRID_BASE,
    HYBRID_TUNED, TREES, TREES_BASE, TREES_TUNED, NETWORK_BASE, NETWORK_TUNED, ORACLE,
)  # fmt: skip
"""As every table has them. `as_recorded`: as the history's table holds them, by test id."""
NEEDS_MODEL = frozenset({TUNED_COSINE, HYBRID_TUNED, TREES_TUNED})
"""Orders that need the tuned model."""
SIMPLE = (FAILURE_RATE, RECENTLY_FAILED, CHEAPEST, BM25)
Part = Literal["words", "history", "recency", "similar", "cost", "meaning"]
Weights: TypeAlias = Mapping[Part, float]
DEFAULT_WEIGHTS: dict[Part, float] = {
    "words": 1.0, "history": 0.25, "recency": 0.5, "similar": 0.5, "cost": 0.0, "meaning": 1.0,
}  # fmt: skip
"""Where no experiment has chosen any."""
_CHOICES: dict[Part, tuple[float, ...]] = {
    "words": (1.0,),
    "history": (0.0, 0.5, 1.0),
    "recency": (0.0, 0.25, 0.5, 1.0),
    "similar": (0.0, 0.5, 1.0),
    "cost": (0.0, 0.25, 0.5),
    "meaning": (0.5, 1.0, 2.0),
}
_K = 60
_TREES_DECIMALS = 9


@dataclass(frozen=True)
class Ranks:
    """Per part of the hybrid the reciprocal rank, 1 / (60 + rank), of every row within its build.

    Tests of which a part says nothing (no common word, no known failure) share its last ranks: were they not found at
    all, as a search has it, a test that never failed would be buried whatever the change says.
    """

    parts: Mapping[Part, FloatArray]

    def fused(self, weights: Weights) -> FloatArray:
        """The weighted sum (Cormack, Clarke and Büttcher, Reciprocal rank fusion, SIGIR 2009)."""
        rows = len(next(iter(self.parts.values())))
        return sum((weight * self.parts[part] for part, weight in weights.items() if weight), np.zeros(rows))


def simple_scores(structural: FeatureTable, name: str) -> FloatArray:
    """The score (n) of one of `SIMPLE`; a test of which nothing is known comes last (by cost: in the middle).

    failure_rate: of all known runs. recently_failed: the newest failure first. cheapest_first: by mean duration.
    """
    if name == FAILURE_RATE:
        return _known(structural["failure_rate"], -1.0)
    if name == RECENTLY_FAILED:
        return _known(-structural["days_since_failure"], -np.inf)
    if name == CHEAPEST:
        seconds = structural["mean_duration_s"].astype(np.float64)
        told = ~np.isnan(seconds)
        return -np.where(told, seconds, np.median(seconds[told]) if told.any() else 0.0)
    return structural["bm25"].astype(np.float64)


def hybrid_ranks(build: IntArray, structural: FeatureTable, cosine: npt.NDArray[np.float32] | None = None) -> Ranks:
    """What the hybrid fuses of rows (n), sorted by build: words (BM25), history (decayed failure rate), recency
    (the newest failure first), what similar changes did, cost (cheap first), and meaning where cosines are given."""
    rate = structural["decayed_failure_rate"].astype(np.float64)
    since = structural["days_since_failure"].astype(np.float64)
    similar = (structural["similar_touched"] + structural["similar_broke"]).astype(np.float64)
    cost = structural["mean_duration_s"].astype(np.float64)
    parts: dict[Part, FloatArray] = {
        "words": _reciprocal(build, structural["bm25"], structural["bm25"] > 0),
        "history": _reciprocal(build, np.nan_to_num(rate), np.nan_to_num(rate) > 0),
        "recency": _reciprocal(build, np.nan_to_num(-since), ~np.isnan(since)),
        "similar": _reciprocal(build, similar, similar > 0),
        "cost": _reciprocal(build, -np.nan_to_num(cost), ~np.isnan(cost)),
    }
    if cosine is not None:
        parts["meaning"] = _reciprocal(build, cosine, np.ones(len(build), dtype=bool))
    return Ranks(parts)


def weight_choices(parts: Sequence[Part]) -> list[dict[Part, float]]:
    """The weights among which validation chooses."""
    return [dict(zip(parts, values, strict=True)) for values in product(*(_CHOICES[part] for part in parts))]


def _known(values: npt.NDArray[np.float32], unknown: float) -> FloatArray:
    as_float = values.astype(np.float64)
    return np.where(np.isnan(as_float), unknown, as_float)


def _reciprocal(build: IntArray, score: npt.NDArray[np.floating], says: npt.NDArray[np.bool_]) -> FloatArray:
    """1 / (60 + rank) within each build, the mean rank for equal scores; those it says nothing of share the last."""
    fused: FloatArray = 1 / (_K + mean_ranks(build, np.where(says, score, -np.inf)))
    return fused


def ties_broken(build: IntArray, score: FloatArray, by: FloatArray) -> FloatArray:
    """Scores (n) of which those of a build that agree in nine decimals differ by `by`, higher first.

    Trees put many tests into one leaf: what they cannot tell apart another order may. What that one cannot tell
    apart either stays tied.
    """
    if not len(score):
        return score
    share = mean_ranks(build, by) / (np.bincount(build)[build] + 1)
    broken: FloatArray = np.round(score, _TREES_DECIMALS) + 0.5 * 10.0**-_TREES_DECIMALS * (1 - share)
    return broken


def mean_ranks(build: IntArray, score: npt.NDArray[np.floating]) -> FloatArray:
    """The rank (n), from 1, of each row within its build, higher scores first; equal scores share their mean rank."""
    order = np.lexsort((-score, build))
    by_build, by_score = build[order], score[order]
    new_build = np.diff(by_build, prepend=-1) != 0
    new_tie = new_build | np.r_[True, by_score[1:] != by_score[:-1]][: len(order)]
    place = np.arange(len(order))
    opening = np.maximum.accumulate(np.where(new_build, place, 0))
    first = np.flatnonzero(new_tie)
    last = np.r_[first[1:], len(order)]
    tie = np.cumsum(new_tie) - 1
    ranks = np.empty(len(order))
    ranks[order] = (first + last - 1)[tie] / 2 - opening + 1
    return ranks

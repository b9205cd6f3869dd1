"""Rank metrics per query, as pure arithmetic on ranks.

Relevance is yes or no. Each function takes a `Ranking` and gives one float per query, NaN for a query without a
relevant item; means and intervals are taken elsewhere. A change of any formula here asks for a new METRIC_VERSION.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np
import numpy.typing as npt

from domain_ft.evaluation.ranking import Ranking

METRIC_VERSION = 2
"""Part of every benchmark's digest: figures of different versions are never compared."""

PerQuery = npt.NDArray[np.float64]
CUTOFF = 10


def average_precision(ranking: Ranking, cutoff: int | None = None) -> PerQuery:
    """AP = 1/m * sum over the m relevant items of (relevant items at or above its rank) / rank; its mean is MAP.

    Manning, Raghavan, Schütze, Introduction to Information Retrieval, 2008, section 8.4. With a cutoff k only items
    up to rank k count, and m is at most k, so that the best order gives 1.
    """
    query, rank, position = _in_order(ranking)
    if cutoff is None:
        return _sum(ranking, query, position / rank) / _relevant(ranking)
    return _sum(ranking, query, (rank <= cutoff) * position / rank) / np.minimum(_relevant(ranking), cutoff)


def accuracy(ranking: Ranking, cutoff: int) -> PerQuery:
    """1 if a relevant item stands among the first `cutoff`, else 0 (also called success@k or hit rate)."""
    query, rank, position = _in_order(ranking)
    return _sum(ranking, query, (position == 1) & (rank <= cutoff)) * _defined(ranking)


def reciprocal_rank(ranking: Ranking) -> PerQuery:
    """1 / rank of the first relevant item if that rank is at most 10, else 0.

    Voorhees, The TREC-8 question answering track report, 1999; the cut is that of MS MARCO.
    """
    query, rank, position = _in_order(ranking)
    first = (position == 1) & (rank <= CUTOFF)
    return _sum(ranking, query, first / rank) * _defined(ranking)


def recall(ranking: Ranking, cutoff: int = CUTOFF) -> PerQuery:
    """The share of the relevant items that stand among the first k; with m > k of them at most k / m."""
    return _sum(ranking, ranking.query, ranking.rank <= cutoff) / _relevant(ranking)


def ndcg(ranking: Ranking) -> PerQuery:
    """sum over relevant items in the first 10 of 1 / log2(rank + 1), divided by that of the ideal order.

    Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, TOIS 2002, binary gains.
    """
    gain = np.where(ranking.rank <= CUTOFF, 1 / np.log2(ranking.rank + 1.0), 0.0)
    relevant = _relevant(ranking)
    ideal = np.concatenate([[np.nan], np.cumsum(1 / np.log2(np.arange(2, CUTOFF + 2)))])
    best = ideal[np.minimum(np.nan_to_num(relevant), CUTOFF).astype(np.int64)]
    values: PerQuery = _sum(ranking, ranking.query, gain) / best
    return values


def apfd(ranking: Ranking) -> PerQuery:
    """1 - sum(r) / (n m) + 1 / (2 n) for m relevant tests at ranks r among n (Rothermel et al., TSE 2001).

    Random order gives 0.5; the best possible is 1 - m / (2 n).
    """
    total = _sum(ranking, ranking.query, ranking.rank)
    return 1 - total / (ranking.corpus * _relevant(ranking)) + 1 / (2 * ranking.corpus)


METRICS: Mapping[str, Callable[[Ranking], PerQuery]] = {
    "map": average_precision,
    "accuracy_at_1": partial(accuracy, cutoff=1),
    "accuracy_at_5": partial(accuracy, cutoff=5),
    "accuracy_at_10": partial(accuracy, cutoff=10),
    "mrr_at_10": reciprocal_rank,
    "recall_at_5": partial(recall, cutoff=5),
    "recall_at_10": recall,
    "ndcg_at_10": ndcg,
    "map_at_100": partial(average_precision, cutoff=100),
    "apfd": apfd,
}
"""Rank metrics by the name they have everywhere, in the order of every table."""


def rank_metrics(ranking: Ranking, names: Iterable[str] = METRICS) -> dict[str, PerQuery]:
    """The named rank metrics, per query."""
    return {name: METRICS[name](ranking) for name in names}


def _in_order(ranking: Ranking) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Query, rank and 1-based position among the query's relevant items, each query's best item first."""
    order = np.lexsort((ranking.rank, ranking.query))
    query, rank = ranking.query[order], ranking.rank[order]
    return query, rank, np.arange(len(query)) - np.searchsorted(query, query) + 1


def _sum(ranking: Ranking, query: npt.NDArray[np.int64], values: npt.NDArray[np.generic]) -> PerQuery:
    return np.bincount(query, weights=values.astype(np.float64), minlength=len(ranking.corpus)).astype(np.float64)


def _relevant(ranking: Ranking) -> PerQuery:
    """The number of relevant items per query, NaN for none."""
    count = np.bincount(ranking.query, minlength=len(ranking.corpus)).astype(np.float64)
    return np.where(count > 0, count, np.nan)


def _defined(ranking: Ranking) -> PerQuery:
    return np.where(np.isnan(_relevant(ranking)), np.nan, 1.0)

"""Where an arm puts the relevant items: one rank per relevant pair, which is all that the rank metrics need.

Equal scores are ordered by a fixed shuffle of the items that is the same for every arm, so that no arm gains from
the order in which the items happen to lie, and two runs give the same figures.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain_ft.evaluation.task import BoolArray, IntArray, RetrievalTask
from domain_ft.store.vectors import FloatArray

Scores = Callable[[IntArray], Iterator[FloatArray]]
"""Query numbers to each one's scores of its candidates, as `RetrievalTask.candidates` orders them; higher is better."""

_TIE_SEED = 20_011
_QUERIES_AT_ONCE = 64


@dataclass(frozen=True)
class Ranking:
    """The 1-based rank of each relevant pair in its query's corpus of `corpus[query]` items."""

    query: IntArray
    rank: IntArray
    corpus: IntArray
    """Per query the number of items ranked."""

    def restricted(self, keep: BoolArray) -> "Ranking":
        """The ranking with the relevant pairs outside `keep` taken out of it; what stood below them moves up."""
        order = np.lexsort((self.rank, self.query))
        query, removed = self.query[order], ~keep[order]
        gone = np.bincount(query, weights=removed, minlength=len(self.corpus)).astype(np.int64)
        earlier_queries = np.cumsum(gone) - gone
        above = np.cumsum(removed) - earlier_queries[query]
        stays = ~removed
        return Ranking(query[stays], (self.rank[order] - above)[stays], self.corpus - gone)


def rank_by_scores(task: RetrievalTask, scores: Scores) -> Ranking:
    """Rank each query's candidates by descending score; pairs are in the order of `task.relevant`."""
    ranks = [
        len(keys) - np.searchsorted(np.sort(keys), keys[task.relevant_items(query) - task.first[query]])
        for query, keys in _keys(task, scores, task.ranked)
    ]
    return _ranking(task, ranks)


def top_items(task: RetrievalTask, scores: Scores, queries: IntArray, count: int) -> list[IntArray]:
    """Per query the `count` items that the scores put first, best first."""
    return [task.first[query] + np.argsort(-keys)[:count] for query, keys in _keys(task, scores, queries)]


def tie_order(task: RetrievalTask) -> IntArray:
    """The number of each item in the shuffle that orders equal scores; the higher one comes first."""
    return np.random.default_rng(_TIE_SEED).permutation(len(task.item_ids))


def candidate_ranks(scores: FloatArray, tie: IntArray) -> IntArray:
    """The 1-based rank of each candidate of a query by descending score; `tie` is its part of `tie_order`."""
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[np.argsort(-_sortable(scores, tie))] = np.arange(1, len(scores) + 1)
    return ranks


def rank_at_random(task: RetrievalTask, generator: np.random.Generator) -> Ranking:
    """The ranks that a shuffled corpus gives to the relevant items."""
    return _ranking(
        task,
        [
            generator.choice(task.stop[query] - task.first[query], len(task.relevant_items(query)), replace=False) + 1
            for query in task.ranked
        ],
    )


def _keys(task: RetrievalTask, scores: Scores, queries: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Each query with one distinct sortable integer per candidate."""
    tie = tie_order(task)
    for start in range(0, len(queries), _QUERIES_AT_ONCE):
        block = queries[start : start + _QUERIES_AT_ONCE]
        for query, values in zip(block.tolist(), scores(block), strict=True):
            yield query, _sortable(values, tie[task.first[query] : task.stop[query]])


def _ranking(task: RetrievalTask, ranks: list[IntArray]) -> Ranking:
    joined = np.concatenate(ranks) if ranks else np.empty(0, dtype=np.int64)
    return Ranking(task.relevant.query, joined, task.stop - task.first)


def _sortable(scores: FloatArray, tie: IntArray) -> npt.NDArray[np.int64]:
    """One distinct integer per item that sorts as (score, tie) does: sorting integers is ten times a lexsort's speed.

    The bits of a float32 order as integers once those of negative numbers are turned around; +0.0 makes -0.0 zero.
    """
    bits = (np.asarray(scores, dtype=np.float32) + np.float32(0.0)).view(np.int32)
    ordered = bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
    return (ordered.astype(np.int64) << 32) | tie

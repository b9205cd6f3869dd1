"""What an embedding model says of the pairs themselves: is a change closer to the tests it concerns than to others?

This is the originals' before/after figure, made honest: the same pairs for every model, means per build first, so
that a build with a thousand runs weighs no more than one with three.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.metrics import PerQuery
from domain_ft.evaluation.ranking import Scores
from domain_ft.evaluation.task import IntArray, Pairs, RetrievalTask
from domain_ft.progress import Progress, silent
from domain_ft.store.vectors import NO_PREFIXES, Encode, FloatArray, Prefixes

_BLOCK = 65_536
_TEXTS_AT_ONCE = 4_096


@dataclass(frozen=True)
class TaskVectors:
    """Unit embeddings of the distinct texts, and which of them each query and item has.

    Equal texts share one row, so that their scores are equal to the last bit.
    """

    queries: FloatArray
    items: FloatArray
    query_row: IntArray
    item_row: IntArray

    def scores(self, task: RetrievalTask) -> Scores:
        """The cosine of each query with its candidates: one matrix product for a block of queries."""

        def of_queries(queries: IntArray) -> Iterator[FloatArray]:
            cosines = self.queries[self.query_row[queries]] @ self.items.T
            for row, query in zip(cosines, queries, strict=True):
                yield row[self.item_row[task.first[query] : task.stop[query]]]

        return of_queries

    def of_pairs(self, pairs: Pairs) -> FloatArray:
        """The cosine of each pair."""
        cosines = np.empty(len(pairs), dtype=np.float32)
        for start in range(0, len(pairs), _BLOCK):
            block = slice(start, start + _BLOCK)
            left = self.queries[self.query_row[pairs.query[block]]]
            right = self.items[self.item_row[pairs.item[block]]]
            cosines[block] = np.einsum("ij,ij->i", left, right)
        return cosines


@dataclass(frozen=True)
class PairSimilarities:
    """The cosine of every relevant and every unaffected pair of a task."""

    relevant: FloatArray
    unaffected: FloatArray


def encode_task(
    task: RetrievalTask,
    encode: Encode,
    progress: Progress = silent,
    step: str = "encode",
    prefixes: Prefixes = NO_PREFIXES,
) -> TaskVectors:
    """Encode each distinct text of a task once, behind its prefix; a model that gives NaN or infinity is refused."""
    query_texts, query_row = _distinct(task.query_texts)
    item_texts, item_row = _distinct(task.item_texts)
    texts = [prefixes.query + text for text in query_texts] + [prefixes.passage + text for text in item_texts]
    blocks = []
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        progress(step, start, len(texts))
        blocks.append(np.asarray(encode(texts[start : start + _TEXTS_AT_ONCE]), dtype=np.float32))
    progress(step, len(texts), len(texts))
    vectors = np.concatenate(blocks)
    if not np.isfinite(vectors).all():
        raise DomainFtError(
            "the model gives embeddings that are not finite numbers; train it again with precision fp32"
        )
    return TaskVectors(vectors[: len(query_texts)], vectors[len(query_texts) :], query_row, item_row)


def pair_similarities(task: RetrievalTask, vectors: TaskVectors) -> PairSimilarities:
    """The cosine of every pair of the task."""
    return PairSimilarities(vectors.of_pairs(task.relevant), vectors.of_pairs(task.unaffected))


def similarity_metrics(task: RetrievalTask, similarities: PairSimilarities) -> dict[str, PerQuery]:
    """Per query: mean cosine to relevant and to unaffected tests, their difference, and the triplet accuracy.

    NaN where a query lacks what the figure needs: the gap needs both kinds of tests.
    """
    total = len(task.query_ids)
    relevant = _mean_per_query(task.relevant.query, similarities.relevant, total)
    unaffected = _mean_per_query(task.unaffected.query, similarities.unaffected, total)
    ranked = np.where(np.isnan(relevant), np.nan, 1.0)
    return {
        "triplet_accuracy": triplet_accuracy(task, similarities),
        "similarity_relevant": relevant,
        "similarity_unaffected": unaffected,
        "similarity_gap": (relevant - unaffected) * ranked,
    }


def triplet_accuracy(task: RetrievalTask, similarities: PairSimilarities) -> PerQuery:
    """The share of triplets (test, relevant change, unaffected change) whose test is closer to the relevant one.

    Every change of the task that left the test unaffected is a negative, a tie counts half, and a triplet belongs
    to the build of its relevant change: mean over that build's tests, NaN where none of them has a negative.
    """
    order = np.lexsort((similarities.unaffected, task.unaffected.item))
    item, cosine = task.unaffected.item[order], similarities.unaffected[order]
    low, high = (np.searchsorted(item, task.relevant.item, side=side) for side in ("left", "right"))
    share = np.full(len(task.relevant), np.nan)
    for pair in np.flatnonzero(high > low):
        negatives, positive = cosine[low[pair] : high[pair]], similarities.relevant[pair]
        below, up_to = (np.searchsorted(negatives, positive, side=side) for side in ("left", "right"))
        share[pair] = (below + up_to) / (2 * len(negatives))
    known = ~np.isnan(share)
    return _mean_per_query(task.relevant.query[known], share[known], len(task.query_ids))


def _mean_per_query(query: IntArray, values: FloatArray | PerQuery, total: int) -> PerQuery:
    count = np.bincount(query, minlength=total)
    summed = np.bincount(query, weights=values.astype(np.float64), minlength=total)
    means: PerQuery = np.divide(summed, count, out=np.full(total, np.nan), where=count > 0)
    return means


def _distinct(texts: tuple[str, ...]) -> tuple[list[str], IntArray]:
    """The distinct texts in the order of their first appearance, and each text's place among them."""
    place = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    return list(place), np.fromiter((place[text] for text in texts), dtype=np.int64, count=len(texts))

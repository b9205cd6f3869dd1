"""Two rankings as one, by reciprocal rank fusion: what a search gains from words and meaning together.

Cormack, Clarke and Büttcher, Reciprocal rank fusion outperforms Condorcet and individual rank learning methods,
SIGIR 2009: score(d) = sum over the rankings of 1 / (k + rank(d)), k = 60.
"""

from collections.abc import Iterator

import numpy as np

from domain_ft.evaluation.ranking import Scores, candidate_ranks, tie_order
from domain_ft.evaluation.task import IntArray, RetrievalTask
from domain_ft.store.vectors import FloatArray

K = 60


def fused_scores(task: RetrievalTask, lexical: Scores, dense: Scores) -> Scores:
    """The fused score of each query's candidates. Where the lexical score is 0, it has not found the item at all."""
    tie = tie_order(task)

    def of_queries(queries: IntArray) -> Iterator[FloatArray]:
        for query, by_words, by_meaning in zip(queries.tolist(), lexical(queries), dense(queries), strict=True):
            own = tie[task.first[query] : task.stop[query]]
            found = np.where(by_words > 0, 1 / (K + candidate_ranks(by_words, own)), 0.0)
            yield (found + 1 / (K + candidate_ranks(by_meaning, own))).astype(np.float32)

    return of_queries

"""BM25, the lexical baseline that a semantic model has to be held against: one index per corpus that begins alike."""

from collections.abc import Iterator

import numpy as np

from domain_ft.evaluation.ranking import Scores
from domain_ft.evaluation.task import IntArray, RetrievalTask
from domain_ft.lexical import LexicalIndex
from domain_ft.store.vectors import FloatArray


def bm25_scores(task: RetrievalTask) -> Scores:
    """The BM25 score of each query's candidates for the words of its text; 0 where they share none."""
    starts = np.unique(task.first).tolist()
    ends = {first: int(task.stop[task.first == first].max()) for first in starts}
    indexes = {first: LexicalIndex(task.item_texts[first : ends[first]]) for first in starts}

    def of_queries(queries: IntArray) -> Iterator[FloatArray]:
        for query in queries:
            first, stop = int(task.first[query]), int(task.stop[query])
            yield indexes[first].scores(task.query_texts[query])[: stop - first]

    return of_queries

"""BM25, the lexical baseline that a semantic model has to be held against.

One index per scope, over the test texts that the task knows; words by `domain_ft.words`. It is the
Lucene variant with k1 = 1.5 and b = 0.75 (Kamphuis et al., Which BM25 do you mean?, ECIR 2020), from bm25s.
"""

from collections.abc import Iterator

import bm25s
import numpy as np

from domain_ft.evaluation.ranking import Scores
from domain_ft.evaluation.task import IntArray, RetrievalTask
from domain_ft.store.vectors import FloatArray
from domain_ft.words import words


def bm25_scores(task: RetrievalTask) -> Scores:
    """The BM25 score of each query's candidates for the words of its text; 0 where they share none."""
    indexes = {int(first): _Index(task, int(first)) for first in np.unique(task.first)}

    def of_queries(queries: IntArray) -> Iterator[FloatArray]:
        for query in queries:
            first, stop = int(task.first[query]), int(task.stop[query])
            yield indexes[first].scores(task.query_texts[query])[: stop - first]

    return of_queries


class _Index:
    """The items of one scope: from `first` to the end of its longest corpus."""

    def __init__(self, task: RetrievalTask, first: int) -> None:
        stop = int(task.stop[task.first == first].max())
        self._size = stop - first
        tokens = [words(text) for text in task.item_texts[first:stop]]
        self._known = frozenset(word for text in tokens for word in text)
        self._bm25 = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        if self._known:
            self._bm25.index(tokens, show_progress=False)

    def scores(self, text: str) -> FloatArray:
        asked = [word for word in words(text) if word in self._known]
        if not asked:
            return np.zeros(self._size, dtype=np.float32)
        scores: FloatArray = self._bm25.get_scores(asked).astype(np.float32)
        return scores

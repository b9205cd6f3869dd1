"""BM25, by bm25s: the Lucene variant with k1 = 1.5 and b = 0.75 over the words of `domain_ft.words`.

Kamphuis et al., Which BM25 do you mean?, ECIR 2020.
"""

from collections.abc import Iterable, Sequence

import bm25s
import numpy as np
import numpy.typing as npt

from domain_ft.words import words


class LexicalIndex:
    """Documents, and how well each of them fits some words."""

    def __init__(self, texts: Sequence[str]) -> None:
        tokens = [words(text) for text in texts]
        self._size = len(tokens)
        self._known = frozenset(word for text in tokens for word in text)
        self._bm25 = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        if self._known:
            self._bm25.index(tokens, show_progress=False)

    def scores(self, text: str) -> npt.NDArray[np.float32]:
        """The score of each document (n) for a text; 0 where they share no word."""
        return self.scores_of(words(text))

    def scores_of(self, said: Iterable[str]) -> npt.NDArray[np.float32]:
        """The score of each document (n) for some words; what is said twice counts twice."""
        asked = [word for word in said if word in self._known]
        if not asked:
            return np.zeros(self._size, dtype=np.float32)
        scores: npt.NDArray[np.float32] = self._bm25.get_scores(asked).astype(np.float32)
        return scores

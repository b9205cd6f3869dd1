"""Passages that look like the right one and are not: the nearest by BM25 in another section of the same document."""

from collections.abc import Sequence

import numpy as np

from domain_ft.documents.passages import Passage
from domain_ft.generation.judge import COMMON
from domain_ft.lexical import LexicalIndex
from domain_ft.words import normalized, words

_SHARED = 0.6
"""A passage that holds more than this share of the right one's words may answer, too."""


class NearPassages:
    """The passages of a document."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._index = LexicalIndex([passage.text for passage in passages])
        self._words = [frozenset(words(passage.text)) - COMMON for passage in passages]
        self._headings = [normalized(passage.section[-1]) if passage.section else "" for passage in passages]

    def negative(self, query: str, right: int) -> str | None:
        """The text nearest to a query that does not answer it, where the passage number `right` does; None where the
        document has none that shares a word: what stands in that section, or in one below or above it, may answer."""
        scores = self._index.scores(query)
        order: list[int] = np.argsort(-scores, kind="stable").tolist()
        for at in order:
            if scores[at] <= 0:
                return None
            if at != right and not self._may_answer(at, right):
                return self._passages[at].text
        return None

    def _may_answer(self, at: int, right: int) -> bool:
        one, other = self._passages[at].section, self._passages[right].section
        kin = one[: len(other)] == other or other[: len(one)] == one
        alike = self._headings[at] == self._headings[right]
        shared = len(self._words[at] & self._words[right]) / max(len(self._words[right]), 1)
        return kin or alike or shared > _SHARED

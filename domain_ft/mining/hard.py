"""Negatives that are hard to tell from a positive: unaffected changes of the same area, nearest to the test's words.

With random negatives the triplet loss is soon zero: a change to another part of the product is far away anyhow.
What the model has to learn is why this change to the same area left the test alone.
"""

import itertools
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from domain_ft.history.relevance import IndexedHistory
from domain_ft.lexical import LexicalIndex
from domain_ft.mining.candidates import Flags, Integers, Pairs
from domain_ft.mining.seeding import Keys
from domain_ft.words import words

Scores: TypeAlias = npt.NDArray[np.float64]

AREA_DEPTH = 2
"""Leading folders of a changed path that name its area."""
_DECIMALS = 4
"""Scores are compared rounded, so that the order of a sum never decides."""


def areas_of(paths: Iterable[str]) -> frozenset[str]:
    """The areas of a change: each component's name, or the leading folders of each path (a root file's own name)."""
    areas = set()
    for path in paths:
        folders, _, name = path.strip().lstrip("/").casefold().rpartition("/")
        areas.add("/".join(folders.split("/")[:AREA_DEPTH]) if folders else name)
    return frozenset(areas - {""})


def hard_negatives(
    pairs: Pairs, unaffected: Integers, starts: Integers, counts: Integers, lot: Keys, indexed: IndexedHistory
) -> Integers:
    """The hardest unaffected build of each pair (pairs,).

    The unaffected builds of test t are `unaffected[starts[t] : starts[t] + counts[t]]`. Those that share an area
    with the positive build come first; among these (or among all, if none does) the one whose change text is
    nearest to the test's text by BM25; among equals the pair's `lot` decides.
    """
    if not len(pairs):
        return np.empty(0, dtype=np.int64)
    documents = np.unique(unaffected)
    scorer = _Scorer(indexed.builds["change_text"].gather(documents))
    document_of = np.full(indexed.builds.height, -1, dtype=np.int64)
    document_of[documents] = np.arange(len(documents))
    nearby = _Neighbours(indexed.builds["change_paths"])
    negative = np.empty(len(pairs), dtype=np.int64)
    for start, end in _groups(pairs.test):
        test = pairs.test[start]
        pool = unaffected[starts[test] : starts[test] + counts[test]]
        scores = scorer.scores(indexed.tests["text"][int(test)])[document_of[pool]]
        for place in range(start, end):
            same_area = nearby.of(pairs.build[place])[pool]
            hardest = _hardest(scores, same_area)
            negative[place] = pool[hardest[int(lot[place] % np.uint64(len(hardest)))]]
    return negative


def _hardest(scores: Scores, same_area: Flags) -> Integers:
    considered = np.flatnonzero(same_area) if same_area.any() else np.arange(len(scores))
    best = scores[considered]
    hardest: Integers = considered[best == best.max()]
    return hardest


def _groups(test: Integers) -> Iterable[tuple[int, int]]:
    bounds = [*np.flatnonzero(np.diff(test, prepend=-1)).tolist(), len(test)]
    return itertools.pairwise(bounds)


class _Neighbours:
    """Which builds share an area with a build."""

    def __init__(self, change_paths: pl.Series) -> None:
        self._areas = [areas_of(paths or ()) for paths in change_paths.to_list()]
        self._builds: dict[str, list[int]] = {}
        for build, areas in enumerate(self._areas):
            for area in areas:
                self._builds.setdefault(area, []).append(build)

    def of(self, build: int) -> Flags:
        flags = np.zeros(len(self._areas), dtype=bool)
        for area in self._areas[build]:
            flags[self._builds[area]] = True
        return flags


class _Scorer:
    """BM25 scores of the documents for the different words of a text, rounded."""

    def __init__(self, documents: Iterable[str]) -> None:
        self._index = LexicalIndex(list(documents))

    def scores(self, text: str) -> Scores:
        scores: Scores = self._index.scores_of(sorted(set(words(text)))).astype(np.float64)
        return scores.round(_DECIMALS)

"""What a change and a test say alike: BM25, and shares of words.

BM25 here counts documents as they stood when the build started: with an index over the tests of today, the weight of a
word in an old build would change whenever a new test is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from domain_ft.prioritization.timeline import FloatArray, IntArray, Timeline
from domain_ft.prioritization.word_counts import WordCounts, present

LEXICAL_FEATURES = ("bm25", "text_overlap", "component_overlap", "area_overlap")
_K1, _B = 1.5, 0.75


def rows_by_build(build: IntArray) -> Iterator[tuple[int, slice]]:
    """Each build with its rows, of rows sorted by build."""
    edges = np.flatnonzero(np.diff(build, prepend=-1, append=-1))
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield int(build[low]), slice(low, high)


def lexical_features(timeline: Timeline, counts: WordCounts, build: IntArray, test: IntArray) -> dict[str, FloatArray]:
    """`LEXICAL_FEATURES` of the rows (n) `build` (ascending), `test`.

    bm25: of the change's text over the scope's tests seen by then, the Lucene variant with k1 = 1.5 and b = 0.75
    (Kamphuis et al., Which BM25 do you mean?, ECIR 2020). text_overlap: the share of the test's words that the change
    says; component_overlap: that the touched paths and components say; area_overlap: the share of the words of the
    test's area that either says.
    """
    corpora = {scope: _Corpus.of(timeline, counts, scope) for scope in np.unique(timeline.build_scope[build]).tolist()}
    asked, tests, areas = counts.changes, counts.tests, counts.areas
    distinct = np.maximum(np.diff(tests.indptr), 1), np.maximum(np.diff(areas.indptr), 1)
    found = {name: np.zeros(len(build)) for name in LEXICAL_FEATURES}
    weight = np.zeros(asked.shape[1])
    said, touched = np.zeros(asked.shape[1]), np.zeros(asked.shape[1])
    for number, rows in rows_by_build(build):
        query, paths = asked[number], counts.paths[number]
        corpus = corpora[int(timeline.build_scope[number])]
        weight[query.indices] = corpus.idf(number, query.indices) * query.data
        said[query.indices], touched[paths.indices] = 1, 1
        own = test[rows]
        inner, row = tests[own], np.repeat(np.arange(len(own)), np.diff(tests.indptr)[own])
        length = 1 - _B + _B * corpus.lengths[own] / corpus.mean_length(number)
        gain = weight[inner.indices] * inner.data / (inner.data + _K1 * length[row])
        area, area_row = areas[own], np.repeat(np.arange(len(own)), np.diff(areas.indptr)[own])
        either = np.maximum(said, touched)[area.indices]
        found["bm25"][rows] = np.bincount(row, gain, len(own))
        found["text_overlap"][rows] = np.bincount(row, said[inner.indices], len(own)) / distinct[0][own]
        found["component_overlap"][rows] = np.bincount(row, touched[inner.indices], len(own)) / distinct[0][own]
        found["area_overlap"][rows] = np.bincount(area_row, either, len(own)) / distinct[1][own]
        weight[query.indices] = said[query.indices] = touched[paths.indices] = 0
    return found


@dataclass(frozen=True)
class _Corpus:
    """The tests of a scope, and how many of them had been seen, and held a word, by which build."""

    lengths: FloatArray
    """Words of every test (t), of whatever scope."""
    seen: IntArray
    """When the scope's tests were first seen, ascending."""
    words_so_far: FloatArray
    """Words of the first i of them."""
    postings: IntArray
    """word * builds + first seen, for each test of the scope that holds the word; ascending."""
    width: int

    @classmethod
    def of(cls, timeline: Timeline, counts: WordCounts, scope: int) -> "_Corpus":
        lengths = np.asarray(counts.tests.sum(axis=1)).ravel().astype(np.float64)
        own = np.flatnonzero(timeline.test_scope == scope)
        own = own[np.argsort(timeline.first_seen[own], kind="stable")]
        held = present(counts.tests[own]).tocoo()
        width = len(timeline.build_ids) + 1
        return cls(
            lengths=lengths,
            seen=timeline.first_seen[own],
            words_so_far=np.concatenate([[0.0], np.cumsum(lengths[own])]),
            postings=np.sort(held.col.astype(np.int64) * width + timeline.first_seen[own][held.row]),
            width=width,
        )

    def size(self, build: int) -> int:
        """How many tests had been seen when a build ran, its own included."""
        return int(np.searchsorted(self.seen, build, side="right"))

    def mean_length(self, build: int) -> float:
        """Their mean length in words."""
        size = self.size(build)
        return max(float(self.words_so_far[size]) / max(size, 1), 1.0)

    def idf(self, build: int, places: IntArray) -> FloatArray:
        """ln(1 + (N - df + 0.5) / (df + 0.5)) of words, N and df counted by then."""
        low = places.astype(np.int64) * self.width
        holders = np.searchsorted(self.postings, low + build, side="right") - np.searchsorted(self.postings, low)
        return np.asarray(np.log1p((self.size(build) - holders + 0.5) / (holders + 0.5)))

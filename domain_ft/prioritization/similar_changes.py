"""The earlier changes most like a build's own, and what they did to the tests: a change like one that broke a test may
break it again, and with it the tests that use to break beside it.

Only builds of the same scope that had finished when the build started are looked at, the newest of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from domain_ft.prioritization.lexical_features import rows_by_build
from domain_ft.prioritization.settings import LookbackSettings
from domain_ft.prioritization.timeline import FloatArray, IntArray, Timeline
from domain_ft.prioritization.word_counts import WordCounts, present
from domain_ft.store.vectors import FloatArray as Vectors

Matrix: TypeAlias = npt.NDArray[np.float64]
Similar: TypeAlias = Callable[[IntArray, IntArray, IntArray], Matrix]
"""Builds (a), earlier builds (e) and settled builds -> similarities (a, e), at least 0; 0 for nothing in common.

The settled ones lie before all builds of the block: of them it may be counted how rare a word is.
"""
SIMILAR_FEATURES = ("similar_broke", "similar_touched", "co_failure")
_AT_ONCE = 256


@dataclass(frozen=True)
class _Done:
    """What builds did to tests, as sparse matrices (builds, tests)."""

    timeline: Timeline

    @cached_property
    def broke(self) -> sparse.csr_matrix:
        return self._matrix(self.timeline.runs.broke)

    @cached_property
    def touched(self) -> sparse.csr_matrix:
        return self._matrix(self.timeline.runs.touched)

    @cached_property
    def together(self) -> sparse.csr_matrix:
        """What each build broke, as shares that add up to one: a build that breaks all says little of any pair."""
        rows = np.asarray(self.broke.sum(axis=1)).ravel()
        return sparse.csr_matrix(sparse.diags(1 / np.maximum(rows, 1)) @ self.broke)

    def _matrix(self, where: npt.NDArray[np.bool_]) -> sparse.csr_matrix:
        runs = self.timeline.runs
        shape = (len(self.timeline.build_ids), len(self.timeline.test_ids))
        ones = np.ones(int(where.sum()))
        return sparse.csr_matrix((ones, (runs.build[where], runs.test[where])), shape)


def similar_features(
    timeline: Timeline, similar: Similar, build: IntArray, test: IntArray, lookback: LookbackSettings
) -> dict[str, FloatArray]:
    """`SIMILAR_FEATURES` of the rows (n) `build` (ascending), `test`.

    similar_broke, similar_touched: the weighted share of the nearest earlier changes that broke the test, that flipped
    it either way, each weighted by its similarity. co_failure: how much the test broke in the builds in which those
    tests broke that similar changes break.
    """
    done, found = _Done(timeline), {name: np.zeros(len(build)) for name in SIMILAR_FEATURES}
    groups = dict(rows_by_build(build))
    for part in nearest_changes(timeline, similar, np.array(list(groups), dtype=np.int64), lookback):
        broke = part.weights @ done.broke[part.earlier]
        touched = part.weights @ done.touched[part.earlier]
        shared = (broke @ done.together[part.earlier].T).toarray() * part.known
        beside = sparse.csr_matrix(shared) @ done.broke[part.earlier]
        for place, number in enumerate(part.builds.tolist()):
            rows = groups[number]
            for name, matrix in zip(SIMILAR_FEATURES, (broke, touched, beside), strict=True):
                found[name][rows] = _row(matrix, place)[test[rows]]
    return found


@dataclass(frozen=True)
class Nearest:
    """Builds (a), the earlier ones (e) that they were compared with, and the weights of the nearest (a, e).

    `known`: which of the earlier ones each build may know. A build's weights add up to one, or are all 0.
    """

    builds: IntArray
    earlier: IntArray
    known: npt.NDArray[np.bool_]
    weights: sparse.csr_matrix


def nearest_changes(
    timeline: Timeline, similar: Similar, builds: IntArray, lookback: LookbackSettings
) -> Iterator[Nearest]:
    """The nearest earlier changes of builds, some builds at a time: those of one scope, in the order of time."""
    for scope in np.unique(timeline.build_scope[builds]).tolist():
        all_of_scope = np.flatnonzero(timeline.build_scope == scope)
        mine = builds[timeline.build_scope[builds] == scope]
        # Blocks are cut by the place in the scope's history, so that a build's block does not depend on later builds.
        block = np.searchsorted(all_of_scope, mine) // _AT_ONCE
        for number in np.unique(block).tolist():
            asked = mine[block == number]
            begin = all_of_scope[number * _AT_ONCE]
            yield _nearest(timeline, similar, asked, all_of_scope[all_of_scope <= asked.max()], int(begin), lookback)


def _nearest(
    timeline: Timeline, similar: Similar, builds: IntArray, earlier: IntArray, begin: int, lookback: LookbackSettings
) -> Nearest:
    settled = int(np.searchsorted(earlier, begin))
    settled_builds, earlier = earlier[:settled], earlier[max(settled - lookback.builds, 0) :]
    known = timeline.known[earlier][None, :] <= timeline.started[builds][:, None]
    values = np.where(known, similar(builds, earlier, settled_builds), 0.0)
    # Of equal similarities the newest change counts, whatever else the block holds.
    nearest = len(earlier) - 1 - np.argsort(-values[:, ::-1], axis=1, kind="stable")[:, : lookback.neighbours]
    weights = np.zeros_like(values)
    np.put_along_axis(weights, nearest, np.take_along_axis(values, nearest, 1), 1)
    total = weights.sum(axis=1, keepdims=True)
    return Nearest(builds, earlier, known, sparse.csr_matrix(weights / np.where(total > 0, total, 1)))


def similar_by_words(counts: WordCounts) -> Similar:
    """The cosine of the changes' distinct words, each weighted by how few of the scope's earlier changes hold it."""
    said = present(counts.changes + counts.paths)

    def similarities(builds: IntArray, earlier: IntArray, settled: IntArray) -> Matrix:
        holders = np.asarray(said[settled].sum(axis=0)).ravel()
        weight = np.log1p((1 + len(settled)) / (1 + holders))
        scaled = sparse.csr_matrix(said @ sparse.diags(weight))
        return np.asarray((_unit(scaled[builds]) @ _unit(scaled[earlier]).T).toarray())

    return similarities


def similar_by_meaning(vectors: Vectors) -> Similar:
    """The cosine of the changes' embeddings (builds, dimension), unit length; opposite ones count as 0."""

    def similarities(builds: IntArray, earlier: IntArray, settled: IntArray) -> Matrix:
        cosines: Matrix = np.maximum(vectors[builds] @ vectors[earlier].T, 0).astype(np.float64)
        return cosines

    return similarities


def _unit(rows: sparse.csr_matrix) -> sparse.csr_matrix:
    length = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.where(length > 0, length, 1)) @ rows)


def _row(matrix: sparse.csr_matrix, place: int) -> FloatArray:
    return np.asarray(matrix[place].toarray(), dtype=np.float64).ravel()

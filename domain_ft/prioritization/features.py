"""The features of a (build, test): all of them from builds that had finished when the build started, and from what its
change and the test say.

`domain_ft_tests/prioritization/test_features.py` holds the rule that matters: whatever is altered in later builds, or
in a row's own verdict, no feature of the row changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from domain_ft.prioritization.lexical_features import LEXICAL_FEATURES, lexical_features
from domain_ft.prioritization.settings import LookbackSettings
from domain_ft.prioritization.similar_changes import (
    SIMILAR_FEATURES,
    similar_by_meaning,
    similar_by_words,
    similar_features,
)
from domain_ft.prioritization.test_records import RECORD_FEATURES, record_features
from domain_ft.prioritization.timeline import FloatArray, IntArray, Timeline
from domain_ft.prioritization.word_counts import WordCounts, count_words
from domain_ft.store.vectors import FloatArray as Vectors

CHANGE_FEATURES = ("commit_count", "path_count", "change_words")
STRUCTURAL = (*RECORD_FEATURES, *CHANGE_FEATURES, *LEXICAL_FEATURES, *SIMILAR_FEATURES)
"""Features that need no model."""
SEMANTIC = ("cosine", "near_broke", "near_touched", "near_co_failure")
"""Features by a model's embeddings: the cosine of change and test, and what the nearest earlier changes did."""
_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Rows:
    """The (build, test) rows (n) that features are asked of, by build, then by test: places in a timeline."""

    build: IntArray
    test: IntArray

    def __len__(self) -> int:
        return len(self.build)


@dataclass(frozen=True)
class FeatureTable:
    """Named features (n, f) of rows, float32; NaN where nothing is known."""

    names: tuple[str, ...]
    values: npt.NDArray[np.float32]

    def __getitem__(self, name: str) -> npt.NDArray[np.float32]:
        """One feature (n)."""
        return self.values[:, self._places[name]]

    def only(self, names: Sequence[str]) -> "FeatureTable":
        """Some of the features, in the order asked for."""
        return FeatureTable(tuple(names), self.values[:, [self._places[name] for name in names]])

    def beside(self, other: "FeatureTable") -> "FeatureTable":
        """These and other features of the same rows."""
        return FeatureTable((*self.names, *other.names), np.hstack([self.values, other.values]))

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.names)}


def labelled_rows(timeline: Timeline) -> tuple[Rows, IntArray]:
    """The rows of all labelled runs, by build, and for each its place among `timeline.runs`."""
    order = np.lexsort((timeline.runs.test, timeline.runs.build))
    return Rows(timeline.runs.build[order], timeline.runs.test[order]), order


def structural_features(
    timeline: Timeline, rows: Rows, lookback: LookbackSettings, counts: WordCounts | None = None
) -> FeatureTable:
    """`STRUCTURAL` of rows; `counts` where the words of this timeline have been counted already."""
    counts = counts or count_words(timeline)
    build, test = rows.build, rows.test
    found: dict[str, FloatArray] = {
        **record_features(timeline, build, test, window=lookback.window, half_life=lookback.half_life),
        **_change_features(timeline, counts, build),
        **lexical_features(timeline, counts, build, test),
        **similar_features(timeline, similar_by_words(counts), build, test, lookback),
    }
    return _table(found, STRUCTURAL)


def semantic_features(
    timeline: Timeline, rows: Rows, changes: Vectors, tests: Vectors, lookback: LookbackSettings
) -> FeatureTable:
    """`SEMANTIC` of rows by embeddings of all changes (builds, d) and tests (tests, d) of a timeline, unit length."""
    near = similar_features(timeline, similar_by_meaning(changes), rows.build, rows.test, lookback)
    found = {"cosine": _cosines(changes, tests, rows)}
    found |= {name: near[of] for name, of in zip(SEMANTIC[1:], SIMILAR_FEATURES, strict=True)}
    return _table(found, SEMANTIC)


def _change_features(timeline: Timeline, counts: WordCounts, build: IntArray) -> dict[str, FloatArray]:
    paths = np.array([len(paths) for paths in timeline.change_paths], dtype=np.float64)
    spoken = np.asarray(counts.changes.sum(axis=1), dtype=np.float64).ravel()
    per_build = (timeline.commits.astype(np.float64), paths, spoken)
    return {name: values[build] for name, values in zip(CHANGE_FEATURES, per_build, strict=True)}


def _cosines(changes: Vectors, tests: Vectors, rows: Rows) -> FloatArray:
    parts = [
        np.einsum("nd,nd->n", changes[rows.build[low : low + _AT_ONCE]], tests[rows.test[low : low + _AT_ONCE]])
        for low in range(0, len(rows), _AT_ONCE)
    ]
    return np.concatenate(parts).astype(np.float64) if parts else np.zeros(0)


def _table(found: Mapping[str, FloatArray], names: tuple[str, ...]) -> FeatureTable:
    return FeatureTable(names, np.column_stack([found[name] for name in names]).astype(np.float32))

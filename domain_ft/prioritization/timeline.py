"""A history as arrays of builds, tests and runs, with the moment at which each build's verdicts were known.

A build that has started is not a build that has finished: whoever orders a build's tests knows the verdicts of those
builds alone that had ended by then. Everything that is computed of a (build, test) reads the past through `Timeline`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from domain_ft.history.relevance import LABELLED, index_history, label_indexed
from domain_ft.history.settings import Relevance
from domain_ft.history.tables import History
from domain_ft.landing.values import BETWEEN_BUILDS

IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float64]

_SECOND = 1_000_000
NOW = "now"
"""The id of a build that is asked about and has not run."""


@dataclass(frozen=True)
class Runs:
    """The labelled runs (n), by test, then by build; `build` and `test` are places in the timeline's tables."""

    build: IntArray
    test: IntArray
    failed: BoolArray
    flipped: BoolArray
    """Another verdict than in the test's run before: a label, for it may look at a build that had not ended."""
    relevant: BoolArray
    """By the domain's relevance setting; a label, too."""
    turned: BoolArray
    """Another verdict than the newest one that was known of the test when the build started."""
    unknown: BoolArray
    """Nothing was known of the test by then."""
    duration: FloatArray
    """Seconds; NaN where they are not known."""

    @property
    def touched(self) -> BoolArray:
        """Whether the build's change seems to have concerned the test: it turned, or is new and fails."""
        return self.turned | self.broke

    @property
    def broke(self) -> BoolArray:
        """Whether the test failed there and was not known to fail."""
        return self.failed & (self.turned | self.unknown)


@dataclass(frozen=True)
class Timeline:
    """Builds (b) in the order of time, tests (t) in the order of their ids, the runs, and when what was known."""

    build_ids: tuple[str, ...]
    change_texts: tuple[str, ...]
    change_paths: tuple[tuple[str, ...], ...]
    commits: IntArray
    """Commits in each build's change."""
    build_scope: IntArray
    numbered: BoolArray
    """Whether a build's start says its number alone (b): then a distance in time means so many builds, not days."""
    started: IntArray
    """Microseconds since 1970, per build."""
    known: IntArray
    """From when on a build's verdicts are known: its start and all its durations (microseconds), per build."""
    test_ids: tuple[str, ...]
    test_texts: tuple[str, ...]
    test_scope: IntArray
    scopes: tuple[str, ...]
    first_seen: IntArray
    """Per test the place of the first build with a run of it, whatever its verdict; b where there is none."""
    runs: Runs

    @cached_property
    def known_moments(self) -> IntArray:
        """The distinct moments at which something became known, ascending."""
        return np.unique(self.known)

    @cached_property
    def moments_before(self) -> IntArray:
        """Per build how many of `known_moments` lie at or before its start."""
        return np.searchsorted(self.known_moments, self.started, side="right")

    def start_of(self, build: int) -> str:
        """When a build began, as a sentence says it after "since": by its number where it has no time."""
        if self.numbered[build]:
            return f"build {self.build_ids[build]}"
        return datetime.fromtimestamp(int(self.started[build]) / _SECOND, UTC).isoformat(timespec="minutes")


def build_timeline(history: History, relevance: Relevance, parallel: int = 1) -> Timeline:
    """The timeline of a history whose builds run `parallel` tests at a time."""
    indexed = index_history(history)
    builds, tests = indexed.builds, indexed.tests
    runs = label_indexed(indexed.runs, relevance).with_columns(_durations(history, builds, tests))
    scopes = tuple(sorted({*builds["scope"], *tests["scope"]}))
    place = {scope: number for number, scope in enumerate(scopes)}
    started = builds["started_at"].cast(pl.Int64).to_numpy()
    known = _known(started, history, builds, parallel)
    return Timeline(
        build_ids=tuple(builds["build_id"]),
        change_texts=tuple(builds["change_text"]),
        change_paths=tuple(tuple(paths or ()) for paths in builds["change_paths"].to_list()),
        commits=builds["change_ids"].list.len().fill_null(0).cast(pl.Int64).to_numpy(),
        build_scope=np.array([place[scope] for scope in builds["scope"]], dtype=np.int64),
        numbered=_numbered(builds["build_id"], started),
        started=started,
        known=known,
        test_ids=tuple(tests["test_id"]),
        test_texts=tuple(tests["text"]),
        test_scope=np.array([place[scope] for scope in tests["scope"]], dtype=np.int64),
        scopes=scopes,
        first_seen=_first_seen(history, builds, tests),
        runs=_runs(runs, started, known),
    )


def with_build_to_come(
    timeline: Timeline,
    scope: str,
    change_text: str,
    paths: tuple[str, ...],
    at: int,
    new_tests: Mapping[str, str] = MappingProxyType({}),
) -> Timeline:
    """The timeline and after it a build that has not run: the change that tests are to be ordered for.

    `at`: microseconds since 1970; never before the last build was known, for all that is known counts. `new_tests`:
    id and text of tests that the history does not know; they stand after the others.
    """
    place = {name: number for number, name in enumerate(timeline.scopes)}[scope]
    at = max(at, int(timeline.known.max(initial=0)))
    return replace(
        timeline,
        build_ids=(*timeline.build_ids, NOW),
        change_texts=(*timeline.change_texts, change_text),
        change_paths=(*timeline.change_paths, paths),
        commits=np.append(timeline.commits, 1),
        build_scope=np.append(timeline.build_scope, place),
        numbered=np.append(timeline.numbered, False),
        started=np.append(timeline.started, at),
        known=np.append(timeline.known, at + 1),
        test_ids=(*timeline.test_ids, *new_tests),
        test_texts=(*timeline.test_texts, *new_tests.values()),
        test_scope=np.append(timeline.test_scope, np.full(len(new_tests), place)),
        first_seen=np.append(timeline.first_seen, np.full(len(new_tests), len(timeline.build_ids))),
    )


def _numbered(build_ids: pl.Series, started: IntArray) -> BoolArray:
    """Which builds start at the moment that landing makes of their number, where the source has no time."""
    number = build_ids.str.to_integer(strict=False).fill_null(-1).to_numpy()
    return np.asarray(started == number * (BETWEEN_BUILDS // timedelta(microseconds=1)))


def _durations(history: History, builds: pl.DataFrame, tests: pl.DataFrame) -> pl.Series:
    """The seconds of the labelled runs, in the order of (test, build): sorted by one integer, which joins nothing."""
    build = pl.col("build_id").cast(pl.Enum(builds["build_id"])).to_physical().cast(pl.UInt64)
    test = pl.col("test_id").cast(pl.Enum(tests["test_id"])).to_physical().cast(pl.UInt64)
    labelled = history.runs.lazy().filter(pl.col("verdict").is_in(LABELLED))
    placed = labelled.select(_seconds().alias("duration"), place=test * max(builds.height, 1) + build)
    return placed.sort("place").collect()["duration"]


def _seconds() -> pl.Expr:
    return pl.when(pl.col("duration_s") >= 0).then(pl.col("duration_s"))


def _known(started: IntArray, history: History, builds: pl.DataFrame, parallel: int) -> IntArray:
    """A build is known after its durations, at the earliest a microsecond after its start: never to itself."""
    taken = history.runs.group_by("build_id").agg(_seconds().sum().alias("seconds"))
    seconds = builds.join(taken, on="build_id", how="left", maintain_order="left")["seconds"].fill_null(0.0)
    return started + np.maximum(np.ceil(seconds.to_numpy() / parallel * _SECOND).astype(np.int64), 1)


def _first_seen(history: History, builds: pl.DataFrame, tests: pl.DataFrame) -> IntArray:
    place = pl.col("build_id").cast(pl.Enum(builds["build_id"])).to_physical().cast(pl.Int64)
    seen = history.runs.group_by("test_id").agg(place.min().alias("seen"))
    found = tests.join(seen, on="test_id", how="left", maintain_order="left")["seen"]
    return found.fill_null(builds.height).to_numpy()


def _runs(runs: pl.DataFrame, started: IntArray, known: IntArray) -> Runs:
    build, test = (runs[name].cast(pl.Int64).to_numpy() for name in ("build", "test"))
    failed = runs["failed"].to_numpy()
    moments = np.unique(known)
    width = len(moments) + 1
    key = test * width + np.searchsorted(moments, known)[build]
    order = np.argsort(key, kind="stable")
    before = np.searchsorted(key[order], test * width + np.searchsorted(moments, started, side="right")[build]) - 1
    last = order[np.maximum(before, 0)] if len(order) else order
    unknown = (before < 0) | (test[last] != test)
    return Runs(
        build=build,
        test=test,
        failed=failed,
        flipped=runs["flipped"].to_numpy(),
        relevant=runs["relevant"].to_numpy(),
        turned=~unknown & (failed[last] != failed),
        unknown=unknown,
        duration=runs["duration"].fill_null(float("nan")).to_numpy(),
    )

"""Which changes concern which tests: each run beside the run before it, under the one relevance setting.

Mining, benchmark and prioritization all label runs here, so that "relevant" means the same in every figure. The
work is done on integers (a build's place in time, a test's place among the sorted ids), because sorting and
comparing five million pairs of texts costs ten times as much.
"""

from dataclasses import dataclass

import polars as pl

from domain_ft.history.settings import Relevance
from domain_ft.history.tables import History

FAILING = ("fail", "error")
LABELLED = ("pass", *FAILING)
"""Verdicts that say something about the change; skipped and blocked runs leave the timeline uninterrupted."""

SLICES = ("break", "fix", "repeat", "first", "none")


@dataclass(frozen=True)
class IndexedHistory:
    """A history on integers: `build` and `test` in `runs` are row numbers of `builds` and `tests`."""

    builds: pl.DataFrame
    """In the order of time (started_at, build_id)."""
    tests: pl.DataFrame
    """In the order of test_id."""
    runs: pl.DataFrame
    """build, test, failed of the labelled runs, in the order of (test, build): each test's timeline in one piece."""


def index_history(history: History) -> IndexedHistory:
    """Number builds and tests, and sort the runs by test and time; the row order of the input does not matter."""
    builds = history.builds.sort("started_at", "build_id")
    tests = history.tests.sort("test_id")
    width = max(builds.height, 1)
    build = pl.col("build_id").cast(pl.Enum(builds["build_id"])).to_physical().cast(pl.UInt64)
    test = pl.col("test_id").cast(pl.Enum(tests["test_id"])).to_physical().cast(pl.UInt64)
    failed = pl.col("verdict").is_in(FAILING)
    # One integer holds test, build and outcome: a single sort of integers, and nothing to reorder beside it.
    packed = (
        history.runs.lazy()
        .select(packed=(test * width + build) * 2 + failed.cast(pl.UInt64), labelled=pl.col("verdict").is_in(LABELLED))
        .filter("labelled")
        .select(pl.col("packed").sort())
    )
    place = pl.col("packed") // 2
    runs = packed.select(
        build=(place % width).cast(pl.UInt32),
        test=(place // width).cast(pl.UInt32),
        failed=(pl.col("packed") % 2).cast(pl.Boolean),
    ).collect()
    return IndexedHistory(builds, tests, runs)


def label_indexed(runs: pl.DataFrame, relevance: Relevance) -> pl.DataFrame:
    """Add previous_failed, flipped, relevant and unaffected to runs in the order of (test, build).

    `previous_failed` is null in a test's first run; a flip needs a known previous verdict.
    """
    same_test = pl.col("test") == pl.col("test").shift(1)
    labelled = runs.with_columns(previous_failed=pl.when(same_test).then(pl.col("failed").shift(1)))
    labelled = labelled.with_columns(flipped=(pl.col("failed") != pl.col("previous_failed")).fill_null(False))
    return labelled.with_columns(relevant=_is_relevant(relevance), unaffected=~pl.col("failed") & ~pl.col("flipped"))


def slice_of_run() -> pl.Expr:
    """What happened to the test: break (pass to fail), fix (fail to pass), repeat, first (failure), or none."""
    failed, previous = pl.col("failed"), pl.col("previous_failed")
    return (
        pl.when(failed & ~previous)
        .then(pl.lit("break"))
        .when(~failed & previous)
        .then(pl.lit("fix"))
        .when(failed & previous)
        .then(pl.lit("repeat"))
        .when(failed)
        .then(pl.lit("first"))
        .otherwise(pl.lit("none"))
    )


def label_runs(history: History, relevance: Relevance) -> pl.DataFrame:
    """Every run with a verdict of pass, fail or error, beside the same test's run before it.

    Columns: build_id, test_id, failed, previous_failed (null in the first run), flipped, relevant (by the
    setting), unaffected (passed and did not flip), slice (see `slice_of_run`); in the order of (test, time).
    """
    indexed = index_history(history)
    labelled = label_indexed(indexed.runs, relevance).with_columns(slice=slice_of_run())
    return labelled.select(
        build_id=indexed.builds["build_id"].gather(labelled["build"]),
        test_id=indexed.tests["test_id"].gather(labelled["test"]),
        failed="failed",
        previous_failed="previous_failed",
        flipped="flipped",
        relevant="relevant",
        unaffected="unaffected",
        slice="slice",
    )


def _is_relevant(relevance: Relevance) -> pl.Expr:
    if relevance == "flip":
        return pl.col("flipped")
    if relevance == "transition":
        return pl.col("flipped") & pl.col("failed")
    return pl.col("failed")

"""What is known of each test when a build starts: its own runs in builds that had finished by then.

Every figure of a row comes out of sums over the test's runs in the order in which they became known, taken up to one
place; so no row can see its own verdict or a later build, and a million rows are a few array operations.
"""

from dataclasses import dataclass

import numpy as np

from domain_ft.prioritization.timeline import BoolArray, FloatArray, IntArray, Timeline

RECORD_FEATURES = (
    "known_runs",
    "failure_rate",
    "recent_failure_rate",
    "decayed_failure_rate",
    "last_failed",
    "flakiness_rate",
    "test_age_days",
    "days_since_run",
    "days_since_failure",
    "days_since_transition",
    "runs_since_failure",
    "test_novelty",
    "mean_duration_s",
)
_DAY = 86_400 * 1_000_000


@dataclass(frozen=True)
class _Known:
    """The runs by test and by when they became known, with sums up to each: `sums[i]` is over the first i runs."""

    start: IntArray
    """Per asked row the place of the test's first run."""
    end: IntArray
    """Per asked row the place after the test's last run that was known."""
    failures: IntArray
    flips: IntArray
    seconds: FloatArray
    timed: IntArray
    last_failure: IntArray
    """Per place the place of the newest failure at or before it (of any test: beware of its start)."""
    last_flip: IntArray
    decayed: FloatArray
    """Per place the decayed failure rate of its test with it."""
    moment: IntArray
    """Per place when the run became known."""
    failed: BoolArray


def record_features(
    timeline: Timeline, build: IntArray, test: IntArray, *, window: int = 5, half_life: float = 10.0
) -> dict[str, FloatArray]:
    """`RECORD_FEATURES` of the rows (n) `build`, `test`; NaN where a test has no known run to say anything.

    failure_rate: failures / known runs; recent_: over the last `window` of them; decayed_: exponentially weighted
    with a half-life in runs. flakiness_rate: turns / (known runs - 1), a turn being another verdict
    than the one known when its build started. Times are days before the build's start, since
    the run became known; runs_since_failure counts all known runs where the test never failed.
    """
    known = _known(timeline, build, test, half_life)
    start, end, last = known.start, known.end, np.maximum(known.end - 1, 0)
    runs = end - start
    seen, at = runs > 0, timeline.started[build]
    recent = np.minimum(runs, window)
    failures = known.failures[end] - known.failures[start]
    failure, flip = known.last_failure[last], known.last_flip[last]
    has_failed, has_flipped = seen & (failure >= start), seen & (flip >= start)

    def days(place: IntArray, where: BoolArray) -> FloatArray:
        moments = known.moment[np.maximum(np.minimum(place, len(known.moment) - 1), 0)]
        return np.where(where, (at - moments) / _DAY, np.nan)

    return {
        "known_runs": runs.astype(np.float64),
        "failure_rate": _share(failures, runs),
        "recent_failure_rate": _share(known.failures[end] - known.failures[end - recent], recent),
        "decayed_failure_rate": np.where(seen, known.decayed[last], np.nan),
        "last_failed": np.where(seen, known.failed[last], np.nan),
        "flakiness_rate": _share(known.flips[end] - known.flips[start], runs - 1),
        "test_age_days": days(start, seen),
        "days_since_run": days(last, seen),
        "days_since_failure": days(failure, has_failed),
        "days_since_transition": days(flip, has_flipped),
        "runs_since_failure": np.where(has_failed, last - failure, np.where(seen, runs, np.nan)),
        "test_novelty": (~seen).astype(np.float64),
        "mean_duration_s": _share(known.seconds[end] - known.seconds[start], known.timed[end] - known.timed[start]),
    }


def _share(part: IntArray | FloatArray, whole: IntArray) -> FloatArray:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def _known(timeline: Timeline, build: IntArray, test: IntArray, half_life: float) -> _Known:
    runs, moments = timeline.runs, timeline.known_moments
    width = len(moments) + 1
    # One integer holds test and moment, so that one search finds where in its test's runs a row stands.
    key = runs.test * width + np.searchsorted(moments, timeline.known)[runs.build]
    order = np.argsort(key, kind="stable")
    key, tests, failed = key[order], runs.test[order], runs.failed[order]
    seconds = runs.duration[order]
    first = np.concatenate([[0], np.cumsum(np.bincount(tests, minlength=len(timeline.test_ids)))])
    timed = ~np.isnan(seconds)
    flipped = runs.turned[order]
    if not len(key):  # a test without runs looks at place 0
        tests, failed, flipped = np.array([-1]), np.array([False]), np.array([False])
        seconds, timed, order = np.array([0.0]), np.array([False]), np.array([0])
    return _Known(
        start=first[test],
        end=np.searchsorted(key, test * width + timeline.moments_before[build], side="left"),
        failures=_up_to(failed),
        flips=_up_to(flipped),
        seconds=_up_to(np.where(timed, seconds, 0.0)).astype(np.float64),
        timed=_up_to(timed),
        last_failure=_newest(failed),
        last_flip=_newest(flipped),
        decayed=_decayed(failed, tests, half_life),
        moment=timeline.known[runs.build[order]] if len(key) else np.array([0]),
        failed=failed,
    )


def _up_to(values: BoolArray | FloatArray) -> IntArray:
    return np.concatenate([[0], np.cumsum(values)])


def _newest(marked: BoolArray) -> IntArray:
    return np.maximum.accumulate(np.where(marked, np.arange(len(marked)), -1))


def _decayed(failed: BoolArray, test: IntArray, half_life: float) -> FloatArray:
    """Per run the mean of its test's outcomes up to it, each half as heavy as one `half_life` runs later."""
    import polars as pl

    frame = pl.DataFrame({"test": test, "failed": failed.astype(np.float64)})
    return frame.select(pl.col("failed").ewm_mean(half_life=half_life).over("test"))["failed"].to_numpy()

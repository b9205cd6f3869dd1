"""How early an order of tests finds what fails, per build, for all builds at once.

Which fault a failing test stands for is named (`FaultMapping`), ties count by expectation over all their orders, and
builds that cannot tell orders apart are left out and counted. Means and intervals are taken elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from domain_ft.prioritization.judged_runs import FloatArray, JudgedRuns, LeftOut
from domain_ft.prioritization.tied_order import TiedOrder

FaultMapping = Literal["one_per_test", "one_per_build"]
"""`one_per_test`: each failing test is a fault of its own. `one_per_build`: all failures of a build are one fault,
found by the first of them."""

BUDGETS = {"recall_at_time_5": 0.05, "recall_at_time_10": 0.1, "recall_at_time_20": 0.2, "recall_at_time_50": 0.5}
"""Shares of the build's test time after which recall is read."""
NAPFD_BUDGET = 0.5
ORDER_METRICS = (
    "apfd", "normalized_apfd", "napfd_at_50", "apfdc", "first_failure_rank", "first_failure_time_share",
    *BUDGETS, "map",
)  # fmt: skip
LOWER_IS_BETTER = frozenset({"first_failure_rank", "first_failure_time_share"})


@dataclass(frozen=True)
class OrderMetrics:
    """What `order_metrics` finds."""

    values: Mapping[str, FloatArray]
    """Per name of ORDER_METRICS one value per build (b,) of `JudgedRuns.builds`, NaN for builds left out."""
    left_out: LeftOut
    faults: FaultMapping


@dataclass(frozen=True)
class ConfidenceCurve:
    """How likely a build that fails has shown it, once a share of its test time has passed."""

    share: FloatArray
    """Shares of the build's test time (g,), from 0 to 1."""
    caught: FloatArray
    """The chance that the first failing test has finished by then (b, g), NaN for builds left out."""


def order_metrics(runs: JudgedRuns, score: FloatArray, faults: FaultMapping = "one_per_test") -> OrderMetrics:
    """Every metric of the order by `score` (n,), higher first; ValueError where a score is not a number.

    - apfd: 1 - sum(r) / (n m) + 1 / (2 n) for m faults found at ranks r among n tests (Rothermel et al., TSE 2001).
    - normalized_apfd: apfd rescaled per build, worst order 0, best 1, so that builds with other shares of failures
      can be averaged (the aim of rectified APFD, Zhao, Hao, Zhang, ICSME 2023); with one fault per test it is the
      area under the build's ROC curve.
    - napfd_at_50: p - sum(r) / (n m) + p / (2 n) over the faults found (their share is p) in half of the build's test
      time (Qu, Cohen, Woolf, ICSM 2007); n counts all tests of the build, as in RETECS (Spieker et al., ISSTA 2017).
    - apfdc: the mean share of test time left when half of the test that finds a fault has run (Elbaum et al.,
      ICSE 2001, equal severities).
    - first_failure_rank, first_failure_time_share: of the first failing test, and when it has finished.
    - recall_at_time_X: the share of faults whose test has finished in X % of the build's test time.
    - map: average precision, faults found at or above a fault's rank / rank; with one fault a build 1 / rank.

    Unknown durations: `JudgedRuns.share`. Ties are exact; only where tied tests differ in time is what has a budget
    the mean over the rotations of one drawn order of the tie, right on average: `TiedOrder.places_within`.
    """
    order = TiedOrder.of(runs, score)
    failing, first = order.failing, order.first_failing
    per_fault = (_one_per_test if faults == "one_per_test" else _one_per_build)(runs, order, failing, first)
    passing = first.tied_time - first.tied_failing_time
    when = first.begins + passing / (first.tied_failing + 1) + first.share
    rank = first.ahead + (first.tied + 1) / (first.tied_failing + 1)
    values = {
        **per_fault,
        "normalized_apfd": _rescaled(runs, per_fault["apfd"], faults),
        "first_failure_rank": _mean(runs, first, rank),
        "first_failure_time_share": _mean(runs, first, when),
    }
    return OrderMetrics(
        {name: np.where(runs.judged, values[name], np.nan) for name in ORDER_METRICS}, runs.left_out, faults
    )


def confidence_curve(runs: JudgedRuns, score: FloatArray, points: int = 101) -> ConfidenceCurve:
    """The chance per build that the first failing test has finished, at `points` shares of the build's test time."""
    first = TiedOrder.of(runs, score).first_failing
    shares = np.linspace(0, 1, points)
    caught = np.empty((len(runs.builds), points))
    for column, share in enumerate(shares):
        caught[:, column] = _mean(runs, first, first.first_found(share)[0])
    caught[~runs.judged] = np.nan
    return ConfidenceCurve(shares, caught)


def _one_per_test(runs: JudgedRuns, order: TiedOrder, failing: TiedOrder, first: TiedOrder) -> dict[str, FloatArray]:
    rank = failing.ahead + (failing.tied + 1) / 2
    half = failing.places_within(NAPFD_BUDGET)
    found = half / failing.tied
    return {
        "apfd": _apfd(runs, _mean(runs, failing, rank)),
        "napfd_at_50": _apfd(
            runs, _mean(runs, failing, found * (failing.ahead + (half + 1) / 2)), _mean(runs, failing, found)
        ),
        "apfdc": 1 - _mean(runs, failing, failing.begins + failing.tied_time / 2),
        "map": _average_precision(runs, order),
        **{
            name: _mean(runs, failing, failing.places_within(budget) / failing.tied) for name, budget in BUDGETS.items()
        },
    }


def _one_per_build(runs: JudgedRuns, order: TiedOrder, failing: TiedOrder, first: TiedOrder) -> dict[str, FloatArray]:
    rank = first.ahead + (first.tied + 1) / (first.tied_failing + 1)
    found, rank_if_found = first.first_found(NAPFD_BUDGET)
    passing = first.tied_time - first.tied_failing_time
    opening = order.of_rows(order.failing_ahead == 0)
    reciprocal = opening.chance_first_here() / (opening.ahead + opening.position)
    return {
        "apfd": _apfd(runs, _mean(runs, first, rank)),
        "napfd_at_50": _apfd(runs, _mean(runs, first, rank_if_found), _mean(runs, first, found)),
        "apfdc": 1 - _mean(runs, first, first.begins + passing / (first.tied_failing + 1) + first.share / 2),
        "map": _total(runs, opening, reciprocal),
        **{name: _mean(runs, first, first.first_found(budget)[0]) for name, budget in BUDGETS.items()},
    }


def _apfd(runs: JudgedRuns, rank: FloatArray, found: FloatArray | None = None) -> FloatArray:
    """p - mean(r) / n + p / (2 n), where a fault that is not found has rank 0; p is 1 if not given."""
    share = np.ones(len(rank)) if found is None else found
    return share - rank / runs.tests + share / (2 * runs.tests)


def _rescaled(runs: JudgedRuns, apfd: FloatArray, faults: FaultMapping) -> FloatArray:
    """0 for the order with all failures last, 1 for the one with all failures first."""
    n, m = runs.tests.astype(np.float64), runs.failing
    if faults == "one_per_test":
        best, worst = _apfd(runs, (m + 1) / 2), _apfd(runs, n - (m - 1) / 2)
    else:
        best, worst = _apfd(runs, np.ones(len(n))), _apfd(runs, n - m + 1)
    return (apfd - worst) / np.where(runs.judged, best - worst, 1.0)


def _average_precision(runs: JudgedRuns, order: TiedOrder) -> FloatArray:
    """Exact under ties (McSherry, Najork, ECIR 2008).

    At place i of a tie stands a failure with chance f / s; then (i - 1) (f - 1) / (s - 1) others are expected before
    it.
    """
    tied = order.of_rows(order.tied_failing > 0)
    before = (tied.position - 1) * (tied.tied_failing - 1) / np.maximum(tied.tied - 1, 1)
    precision = (tied.failing_ahead + before + 1) / (tied.ahead + tied.position)
    gained = _total(runs, tied, tied.tied_failing / tied.tied * precision)
    return gained / np.maximum(runs.failing, 1)


def _mean(runs: JudgedRuns, rows: TiedOrder, values: FloatArray) -> FloatArray:
    """The mean over each build's rows (b,); 0 for a build without."""
    return _total(runs, rows, values) / np.maximum(_total(runs, rows, np.ones(len(values))), 1)


def _total(runs: JudgedRuns, rows: TiedOrder, values: FloatArray) -> FloatArray:
    return np.bincount(rows.build, weights=values, minlength=len(runs.builds)).astype(np.float64)

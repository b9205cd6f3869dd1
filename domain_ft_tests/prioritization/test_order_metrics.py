"""The metrics of an order, held against their definitions and against all orders of the ties."""

import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain_ft.prioritization.judged_runs import JudgedRuns
from domain_ft.prioritization.order_metrics import (
    BUDGETS,
    LOWER_IS_BETTER,
    ORDER_METRICS,
    FaultMapping,
    confidence_curve,
    order_metrics,
)
from domain_ft_tests.prioritization.every_order import CURVE_POINTS, expected_metrics

MAPPINGS: tuple[FaultMapping, ...] = ("one_per_test", "one_per_build")
UNDER_A_BUDGET = frozenset({"napfd_at_50", *BUDGETS})
mapping = st.sampled_from(MAPPINGS)
score = st.integers(0, 3).map(float)
seconds = st.sampled_from([0.5, 1.0, 2.0, 7.0])


def builds(of: st.SearchStrategy, most: int = 6) -> st.SearchStrategy:
    return st.lists(of, min_size=2, max_size=most).filter(lambda rows: 0 < sum(row[0] for row in rows) < len(rows))


def judged(*tests_of_builds: list) -> tuple[JudgedRuns, np.ndarray]:
    """Builds of (failed, score, seconds) rows."""
    rows = [(build, *test) for build, tests in enumerate(tests_of_builds) for test in tests]
    build, failed, scores, times = (np.array(column) for column in zip(*rows, strict=True))
    return JudgedRuns(build, failed.astype(bool), times.astype(float)), scores.astype(float)


def measured(tests: list, faults: FaultMapping) -> tuple[dict[str, float], np.ndarray]:
    runs, scores = judged(tests)
    values = {name: float(found[0]) for name, found in order_metrics(runs, scores, faults).values.items()}
    return values, confidence_curve(runs, scores, CURVE_POINTS).caught[0]


@given(builds(st.tuples(st.booleans(), score, st.just(3.0))), mapping)
@settings(max_examples=60, deadline=None)
def test_with_equal_times_every_metric_is_its_mean_over_all_orders_of_the_ties(tests, faults):
    failed, scores, times = zip(*tests, strict=True)
    values, curve = measured(tests, faults)
    expected = expected_metrics(failed, times, scores, faults)
    assert curve == pytest.approx(expected.pop("curve"))
    assert values == pytest.approx(expected)


@given(builds(st.tuples(st.booleans(), score, seconds)), mapping)
@settings(max_examples=60, deadline=None)
def test_with_unequal_times_the_metrics_without_a_budget_are_exact_too(tests, faults):
    failed, scores, times = zip(*tests, strict=True)
    values, _ = measured(tests, faults)
    expected = expected_metrics(failed, times, scores, faults)
    for name in set(ORDER_METRICS) - UNDER_A_BUDGET:
        assert values[name] == pytest.approx(expected[name]), name


@given(builds(st.tuples(st.booleans(), seconds)), mapping, st.randoms())
@settings(max_examples=60, deadline=None)
def test_without_ties_every_metric_is_that_of_the_order(tests, faults, random):
    scores = random.sample(range(len(tests)), len(tests))
    failed, times = zip(*tests, strict=True)
    values, curve = measured([(fails, at, took) for (fails, took), at in zip(tests, scores, strict=True)], faults)
    expected = expected_metrics(failed, times, scores, faults)
    assert curve == pytest.approx(expected.pop("curve"))
    assert values == pytest.approx(expected)


@given(builds(st.tuples(st.booleans(), score, st.floats(0, 1e4) | st.just(np.nan)), most=30), mapping)
@settings(max_examples=60, deadline=None)
def test_shares_lie_between_0_and_1_and_the_curve_rises_to_1(tests, faults):
    values, curve = measured(tests, faults)
    assert all(-1e-9 <= value <= 1 + 1e-9 for name, value in values.items() if name != "first_failure_rank")
    assert (np.diff(curve) >= -1e-9).all()
    assert curve[-1] == pytest.approx(1)


@given(builds(st.tuples(st.booleans(), score, seconds), most=30), mapping)
@settings(max_examples=60, deadline=None)
def test_no_order_beats_the_failures_first_and_none_is_worse_than_the_failures_last(tests, faults):
    oracle, _ = measured([(fails, float(fails), took) for fails, _, took in tests], faults)
    worst, _ = measured([(fails, -float(fails), took) for fails, _, took in tests], faults)
    values, _ = measured(tests, faults)
    assert oracle["normalized_apfd"] == pytest.approx(1)
    assert worst["normalized_apfd"] == pytest.approx(0, abs=1e-9)
    for name in ("apfd", "first_failure_rank", "map"):
        better = -1 if name in LOWER_IS_BETTER else 1
        assert better * worst[name] - 1e-9 <= better * values[name] <= better * oracle[name] + 1e-9


@given(builds(st.tuples(st.booleans(), score, seconds)), mapping)
@settings(max_examples=60, deadline=None)
def test_no_order_beats_the_shortest_failures_first(tests, faults):
    """Not in time either: of an oracle that lets failures tie, an order that knows durations could be better."""
    runs, scores = judged(tests)
    best, found = (order_metrics(runs, one, faults).values for one in (runs.best_score, scores))
    for name, values in found.items():
        sign = -1 if name in LOWER_IS_BETTER else 1
        assert sign * best[name][0] >= sign * values[0] - 1e-9, name
    curves = [confidence_curve(runs, one, CURVE_POINTS).caught[0] for one in (runs.best_score, scores)]
    assert (curves[0] >= curves[1] - 1e-9).all()


@given(st.lists(builds(st.tuples(st.booleans(), score, seconds), most=8), min_size=1, max_size=5), mapping)
@settings(max_examples=40, deadline=None)
def test_a_build_is_judged_alike_alone_and_among_others(tests_of_builds, faults):
    runs, scores = judged(*tests_of_builds)
    together = order_metrics(runs, scores, faults).values
    for place in range(len(tests_of_builds)):
        own = runs.build == place
        only = order_metrics(JudgedRuns(runs.build[own], runs.failed[own], runs.duration[own]), scores[own], faults)
        for name, found in together.items():
            assert only.values[name] == pytest.approx(found[place]), name


@given(builds(st.tuples(st.booleans(), score, st.just(2.0))), mapping, st.randoms())
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_rows_is_of_no_account(tests, faults, random):
    shuffled = random.sample(tests, len(tests))
    assume(shuffled != tests)
    assert measured(shuffled, faults)[0] == pytest.approx(measured(tests, faults)[0])


@pytest.mark.parametrize("faults", MAPPINGS)
def test_under_a_budget_ties_of_unequal_times_are_right_on_average(faults):
    """3,000 builds alike, each with its own drawn order of the tie."""
    failed, times = (True, False, True, False, False, False), (1.0, 9.0, 4.0, 2.0, 2.0, 2.0)
    scores = (0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    tests = list(zip(failed, scores, times, strict=True))
    expected = expected_metrics(failed, times, scores, faults)
    runs, all_scores = judged(*[tests] * 3_000)
    found = order_metrics(runs, all_scores, faults).values
    for name in UNDER_A_BUDGET:
        assert found[name].mean() == pytest.approx(expected[name], abs=0.02), name
    curve = confidence_curve(runs, all_scores, CURVE_POINTS).caught.mean(axis=0)
    assert curve == pytest.approx(expected["curve"], abs=0.02)


def test_one_tie_of_all_tests_is_a_random_order():
    values, _ = measured([(row < 3, 0.0, 1.0) for row in range(10)], "one_per_test")
    assert values["apfd"] == pytest.approx(0.5)
    assert values["normalized_apfd"] == pytest.approx(0.5)
    assert values["first_failure_rank"] == pytest.approx(11 / 4)
    assert values["recall_at_time_20"] == pytest.approx(0.2)


def test_apfd_is_that_of_a_worked_example():
    """Ranks 1, 3 of five tests: 1 - 4 / 10 + 1 / 10."""
    values, _ = measured([(row in (0, 2), -float(row), 1.0) for row in range(5)], "one_per_test")
    assert values["apfd"] == pytest.approx(0.7)


def test_a_slow_failing_test_costs_apfdc_what_apfd_does_not_see():
    quick, _ = measured([(True, 1.0, 1.0), (False, 0.0, 9.0)], "one_per_test")
    slow, _ = measured([(True, 1.0, 9.0), (False, 0.0, 1.0)], "one_per_test")
    assert quick["apfd"] == slow["apfd"]
    assert (quick["apfdc"], slow["apfdc"]) == pytest.approx((0.95, 0.55))


def test_further_failures_of_a_build_that_is_one_fault_change_nothing_behind_the_first():
    first_only, _ = measured([(row == 1, -float(row), 1.0) for row in range(6)], "one_per_build")
    also_later, _ = measured([(row in (1, 5), -float(row), 1.0) for row in range(6)], "one_per_build")
    del first_only["normalized_apfd"], also_later["normalized_apfd"]  # whose worst order has one test less to fail
    assert first_only == pytest.approx(also_later)


def test_builds_that_cannot_tell_orders_apart_are_left_out_and_counted():
    runs, scores = judged(
        [(True, 0.0, 1.0)],
        [(False, 0.0, 1.0), (False, 1.0, 1.0)],
        [(True, 0.0, 1.0), (True, 1.0, 1.0)],
        [(True, 0.0, 1.0), (False, 1.0, 1.0)],
    )
    found = order_metrics(runs, scores)
    assert (found.left_out.single_test, found.left_out.no_failure, found.left_out.all_failed) == (1, 1, 1)
    assert all(np.isnan(values[:3]).all() and not np.isnan(values[3]) for values in found.values.values())
    assert np.isnan(confidence_curve(runs, scores).caught[:3]).all()


@pytest.mark.parametrize("unknown", [np.nan, -1.0, np.inf])
def test_an_unknown_duration_is_the_mean_of_the_builds_known_ones(unknown):
    told, _ = measured([(True, 2.0, 3.0), (False, 1.0, 2.0), (False, 0.0, 4.0)], "one_per_test")
    missing, _ = measured([(True, 2.0, unknown), (False, 1.0, 2.0), (False, 0.0, 4.0)], "one_per_test")
    assert missing == pytest.approx(told)


@pytest.mark.parametrize("unknown", [np.nan, 0.0])
def test_where_no_duration_is_known_each_test_costs_the_same(unknown):
    values, _ = measured([(True, 2.0, unknown), (False, 1.0, unknown)], "one_per_test")
    assert (values["apfdc"], values["first_failure_time_share"]) == (0.75, 0.5)


def test_infinite_scores_tie_like_others():
    values, _ = measured([(True, np.inf, 1.0), (False, np.inf, 1.0), (False, -np.inf, 1.0)], "one_per_test")
    assert values["first_failure_rank"] == 1.5


def test_a_score_that_is_not_a_number_is_refused():
    runs, _ = judged([(True, 0.0, 1.0), (False, 0.0, 1.0)])
    with pytest.raises(ValueError, match="row 1: the score is not a number"):
        order_metrics(runs, np.array([0.0, np.nan]))


def test_rows_of_a_build_that_stand_apart_are_refused():
    with pytest.raises(ValueError, match="in the order of their build"):
        JudgedRuns(np.array([0, 1, 0]), np.zeros(3, bool), np.zeros(3))


def test_a_history_without_runs_has_no_builds_to_judge():
    found = order_metrics(JudgedRuns(np.zeros(0, np.int64), np.zeros(0, bool), np.zeros(0)), np.zeros(0))
    assert found.left_out.total == 0
    assert all(len(values) == 0 for values in found.values.values())


def test_a_million_rows_are_judged_within_seconds():
    generator = np.random.default_rng(7)
    rows = 1_000_000
    runs = JudgedRuns(np.sort(generator.integers(0, 25_000, rows)), generator.random(rows) < 0.05, np.ones(rows))
    scores = generator.random(rows).round(1)
    started = time.process_time()
    order_metrics(runs, scores)
    assert time.process_time() - started < 5

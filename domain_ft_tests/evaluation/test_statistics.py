"""Intervals, p-values and sample sizes."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from domain_ft.evaluation.statistics import (
    Resampling,
    compare,
    estimate_mean,
    holm,
    n_to_decide,
    sign_flip_p_value,
)

FEW = Resampling(resamples=500)


def singles(n: int) -> np.ndarray:
    return np.arange(n)


def test_the_mean_is_over_queries_and_undefined_ones_are_left_out() -> None:
    found = estimate_mean(np.array([1.0, np.nan, 0.0, 0.5]), np.array([0, 0, 1, 1]), FEW)

    assert found is not None
    assert found.mean == 0.5
    assert (found.n, found.clusters) == (3, 2)


def test_the_interval_of_many_units_is_close_to_the_normal_one() -> None:
    values = np.random.default_rng(1).normal(0.4, 0.2, 400)

    found = estimate_mean(values, singles(400), Resampling(resamples=4000))

    assert found is not None
    half = 1.96 * values.std(ddof=1) / math.sqrt(400)
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_queries_of_one_build_count_as_one_piece_of_evidence() -> None:
    values = np.random.default_rng(2).normal(size=40)
    alone = estimate_mean(values, singles(40), FEW)
    repeated = estimate_mean(np.repeat(values, 10), np.repeat(singles(40), 10), FEW)

    assert alone is not None
    assert repeated is not None
    assert repeated.n == 400
    assert repeated.low == pytest.approx(alone.low)
    assert repeated.high == pytest.approx(alone.high)


def test_a_higher_confidence_asks_for_a_wider_interval() -> None:
    values = np.random.default_rng(3).normal(size=60)
    narrow, wide = (estimate_mean(values, singles(60), Resampling(1000, level)) for level in (0.8, 0.99))

    assert narrow is not None
    assert wide is not None
    assert wide.low < narrow.low < narrow.high < wide.high  # type: ignore[operator]


def test_one_unit_has_a_mean_and_no_interval() -> None:
    found = estimate_mean(np.array([0.2, 0.4]), np.array([7, 7]), FEW)

    assert found is not None
    assert (round(found.mean, 3), found.low, found.high) == (0.3, None, None)


def test_without_any_value_there_is_no_estimate() -> None:
    assert estimate_mean(np.array([np.nan]), singles(1), FEW) is None


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(4).normal(size=50)

    assert estimate_mean(values, singles(50), FEW) == estimate_mean(values, singles(50), FEW)
    assert estimate_mean(values, singles(50), FEW) != estimate_mean(values, singles(50), Resampling(500, seed=1))


def test_only_queries_that_both_arms_have_are_compared() -> None:
    found = compare(np.array([1.0, np.nan, 0.5]), np.array([0.0, 1.0, np.nan]), singles(3), FEW)

    assert found is not None
    assert (found.estimate.mean, found.estimate.n) == (1.0, 1)


def test_arms_without_a_common_query_cannot_be_compared() -> None:
    assert compare(np.array([1.0, np.nan]), np.array([np.nan, 1.0]), singles(2), FEW) is None


def test_equal_arms_differ_nowhere() -> None:
    values = np.random.default_rng(5).random(30)
    found = compare(values, values, singles(30), FEW)

    assert found is not None
    assert (found.estimate.mean, found.estimate.low, found.estimate.high) == (0, 0, 0)
    assert (found.p_value, found.deviation) == (1, 0)


def test_pairing_sees_what_two_separate_intervals_do_not() -> None:
    generator = np.random.default_rng(6)
    base = generator.random(200)
    found = compare(base + generator.normal(0.02, 0.05, 200), base, singles(200), FEW)

    assert found is not None
    assert found.estimate.low is not None
    assert found.estimate.low > 0


def exact_p_value(totals: list[float]) -> float:
    observed = abs(sum(totals)) * (1 - 1e-12)
    sums = [abs(sum(signs)) for signs in itertools.product(*((-value, value) for value in totals))]
    return sum(one >= observed for one in sums) / len(sums)


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=9))
def test_few_units_are_judged_by_all_sign_patterns(totals: list[int]) -> None:
    assert sign_flip_p_value(np.array(totals, dtype=float), FEW) == exact_p_value([float(one) for one in totals])


def test_many_units_are_judged_by_random_patterns_close_to_the_t_test() -> None:
    totals = np.random.default_rng(7).normal(0.1, 1, 150)

    found = sign_flip_p_value(totals, Resampling(resamples=20_000))

    assert found == pytest.approx(float(stats.ttest_1samp(totals, 0).pvalue), abs=0.02)


def test_a_p_value_never_claims_more_than_was_drawn() -> None:
    assert sign_flip_p_value(np.ones(100), Resampling(resamples=199)) == 1 / 200


def test_agrees_with_the_permutation_test_of_scipy() -> None:
    totals = np.random.default_rng(8).normal(0.3, 1, 10)
    found = stats.permutation_test((totals,), np.sum, permutation_type="samples", n_resamples=np.inf)

    assert sign_flip_p_value(totals, FEW) == pytest.approx(found.pvalue)


def test_holm_by_hand() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx({"a": 0.03, "b": 0.06, "c": 0.06})


def test_holm_of_one_is_that_one_and_never_above_one() -> None:
    assert holm({"a": 0.2}) == {"a": 0.2}
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=6))
def test_holm_keeps_the_order_and_only_raises(p_values: dict[str, float]) -> None:
    adjusted = holm(p_values)

    assert all(adjusted[name] >= p_values[name] for name in p_values)
    ordered = sorted(p_values, key=lambda name: (p_values[name], name))
    assert [adjusted[name] for name in ordered] == sorted(adjusted.values())


def test_the_n_that_decides_is_that_of_the_textbook() -> None:
    # 0.5 standard deviations at 5 % and 80 % power: 31.4 pairs by the normal approximation.
    assert n_to_decide(1.0, 0.5, 0.95) == 32


def test_the_n_that_decides_does_decide_in_four_of_five_cases() -> None:
    generator = np.random.default_rng(9)
    n = n_to_decide(0.2, 0.03, 0.95)
    assert n is not None
    found = 0
    for seed in range(200):
        values = generator.normal(0.03, 0.2, n)
        estimate = estimate_mean(values, singles(n), Resampling(300, seed=seed))
        found += estimate is not None and estimate.low is not None and estimate.low > 0
    assert found == pytest.approx(160, abs=20)


def test_without_any_spread_no_n_can_be_named() -> None:
    assert n_to_decide(0.0, 0.01, 0.95) is None

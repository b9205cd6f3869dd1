"""Orders that need no training, how they are compared, and which of them the ranking uses."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import rankdata

from domain_ft.evaluation.statistics import Resampling
from domain_ft.prioritization.choice import Standing, choose, standing
from domain_ft.prioritization.comparison import compare_orders, vargha_delaney
from domain_ft.prioritization.features import FeatureTable
from domain_ft.prioritization.orders import (
    CHEAPEST,
    FAILURE_RATE,
    RECENTLY_FAILED,
    hybrid_ranks,
    mean_ranks,
    simple_scores,
    ties_broken,
    weight_choices,
)

NAMES = ("failure_rate", "decayed_failure_rate", "days_since_failure", "mean_duration_s", "bm25")
HYBRID_NAMES = (*NAMES, "similar_touched", "similar_broke")
STARTED = [f"2024-01-{day:02}" for day in range(1, 31)]


def table(rows: list[list[float]], names: tuple[str, ...] = NAMES) -> FeatureTable:
    return FeatureTable(names, np.array(rows, dtype=np.float32))


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=20).map(sorted).map(np.array),
    st.data(),
)
def test_ranks_are_those_of_scipy_within_each_build(build: np.ndarray, data: st.DataObject) -> None:
    score = data.draw(arrays.arrays(np.float64, len(build), elements=st.sampled_from([0.0, 0.5, 1.0, -np.inf])))
    ranks = mean_ranks(build, score)
    for number in np.unique(build):
        own = build == number
        assert ranks[own].tolist() == rankdata(-score[own]).tolist()


@given(st.lists(st.integers(0, 2), min_size=1, max_size=20).map(sorted).map(np.array), st.data())
def test_the_second_order_counts_where_the_first_is_tied_and_nowhere_else(
    build: np.ndarray, data: st.DataObject
) -> None:
    score, by = (
        data.draw(arrays.arrays(np.float64, len(build), elements=st.sampled_from(values)))
        for values in ([-3.0, 0.0, 1e-8, 17.5], [-np.inf, 0.0, 1.0])
    )
    broken = ties_broken(build, score, by)
    assert broken == pytest.approx(score, abs=1e-9)
    for number in np.unique(build):
        own = np.flatnonzero(build == number).tolist()
        for one, other in product(own, own):
            assert (broken[one] > broken[other]) == ((score[one], by[one]) > (score[other], by[other]))


def test_what_never_ran_comes_last_by_history_and_in_the_middle_by_cost() -> None:
    nan = float("nan")
    found = table([[0.5, 0, 3, 10, 0], [nan, nan, nan, nan, 0], [0.0, 0, nan, 2, 0], [1.0, 1, 1, 30, 0]])
    assert np.argsort(-simple_scores(found, FAILURE_RATE)).tolist() == [3, 0, 2, 1]
    assert np.argsort(-simple_scores(found, RECENTLY_FAILED), kind="stable").tolist() == [3, 0, 1, 2]
    assert np.argsort(-simple_scores(found, CHEAPEST), kind="stable").tolist() == [2, 0, 1, 3]


def test_tests_of_which_a_part_of_the_hybrid_says_nothing_share_its_last_ranks() -> None:
    nan = float("nan")
    build = np.array([0, 0, 1])
    ranks = hybrid_ranks(
        build,
        table([[0, 0.5, 1, 2, 3.0, 0, 0], [nan, nan, nan, nan, 0, 0, 0], [0, 0, nan, 1, 1, 0.5, 0]], HYBRID_NAMES),
    )
    assert ranks.parts["words"].tolist() == [1 / 61, 1 / 62, 1 / 61]
    assert ranks.parts["similar"].tolist() == [1 / 61.5, 1 / 61.5, 1 / 61]
    assert "meaning" not in ranks.parts


def test_a_weight_of_nothing_takes_a_part_out() -> None:
    build, cosine = np.array([0, 0]), np.array([0.1, 0.9], dtype=np.float32)
    ranks = hybrid_ranks(build, table([[0, 0, 0, 0, 2, 0, 0], [0, 0, 0, 0, 1, 0, 0]], HYBRID_NAMES), cosine)
    assert np.argmax(ranks.fused({"words": 1.0, "meaning": 0.0})) == 0
    assert np.argmax(ranks.fused({"words": 0.0, "meaning": 1.0})) == 1


def test_every_combination_of_weights_is_tried_once() -> None:
    choices = weight_choices(("words", "history", "cost"))
    assert len({tuple(each.items()) for each in choices}) == len(choices) == 9


@given(st.lists(st.integers(0, 4), min_size=1, max_size=8), st.lists(st.integers(0, 4), min_size=1, max_size=8))
def test_a12_is_the_share_of_pairs_won(one: list[int], other: list[int]) -> None:
    won = np.mean([1.0 if x > y else 0.5 if x == y else 0.0 for x in one for y in other])
    assert vargha_delaney(np.array(one, dtype=float), np.array(other, dtype=float)) == pytest.approx(won)


def test_where_less_is_better_a_lower_value_counts_as_gain() -> None:
    builds = np.arange(40)
    generator = np.random.default_rng(0)
    base = generator.random(40)
    per_build = {
        "a": {"apfd": base + 0.1, "first_failure_rank": base + 1},
        "b": {"apfd": base, "first_failure_rank": base + 2},
    }
    rows = compare_orders(per_build, [("a", "b")], ("apfd", "first_failure_rank"), builds, Resampling(200), 0.01)
    assert [(row.metric, round(row.mean, 6), row.verdict, row.better) for row in rows] == [
        ("apfd", 0.1, "WIN", 40),
        ("first_failure_rank", 1.0, "WIN", 40),
    ]


def test_holm_makes_many_comparisons_harder_to_win() -> None:
    generator = np.random.default_rng(1)
    base = generator.random(30)
    others = {f"o{number}": {"apfd": base + generator.normal(0, 0.1, 30)} for number in range(8)}
    per_build = {"a": {"apfd": base + 0.03 + generator.normal(0, 0.05, 30)}, **others}
    alone = compare_orders(per_build, [("a", "o0")], ("apfd",), np.arange(30), Resampling(500), 0.01)
    together = compare_orders(
        per_build, [("a", name) for name in others], ("apfd",), np.arange(30), Resampling(500), 0.01
    )
    assert alone[0].p_holm is not None
    assert together[0].p_holm is not None
    assert together[0].p_holm > alone[0].p_holm


def test_since_when_an_order_loses_is_the_first_build_of_the_losing_that_lasts() -> None:
    differences = np.array([0.1, -0.9, 0.9, 0.9, 0.1, -0.5, np.nan, -0.5, -0.5])
    found = standing("model", "hybrid", differences, STARTED[:9], last=2)
    assert (found.since, found.builds, found.mean) == (STARTED[5], 2, -0.5)
    assert found.loses


def test_an_order_that_wins_of_late_does_not_lose_whatever_was_before() -> None:
    found = standing("model", "hybrid", np.array([-0.9, -0.9, 0.1, 0.2]), STARTED[:4], last=2)
    assert not found.loses
    assert found.mean == pytest.approx(0.15)


def test_an_order_that_is_always_equal_does_not_lose() -> None:
    differences = np.tile([0.1, -0.1], 10)
    assert not standing("model", "hybrid", differences, STARTED[:20], last=2).loses


def test_an_order_that_has_always_lost_has_done_so_since_the_first_build() -> None:
    assert standing("model", "hybrid", np.full(5, -0.1), STARTED[:5], last=3).since == STARTED[0]


def test_no_build_that_can_tell_is_no_loss() -> None:
    assert not standing("model", "hybrid", np.full(3, np.nan), STARTED[:3], last=3).loses


def test_the_simplest_order_is_used_that_is_as_good_on_validation_as_the_best() -> None:
    validation = {"hybrid": 0.7, "failure_rate": 0.895, "bm25": 0.9}
    assert choose(validation, "apfd", 0.01, frozenset({"m"}), "hybrid", {}).order == "failure_rate"
    found = choose(validation, "apfd", 0.001, frozenset({"m"}), "hybrid", {})
    assert (found.order, found.why) == ("bm25", "bm25 has the best apfd on validation (0.900)")


def test_the_models_order_gives_way_to_the_hybrid_once_it_loses_and_says_since_when() -> None:
    lost = Standing("m", "hybrid", 50, -0.02, "2024-05-01")
    found = choose({"hybrid": 0.7, "m": 0.9}, "apfd", 0.01, frozenset({"m"}), "hybrid", {"m": lost})
    assert (found.order, found.best_on_validation) == ("hybrid", "m")
    assert "since 2024-05-01: hybrid is used" in found.why
    won = Standing("m", "hybrid", 50, 0.02, None)
    assert choose({"hybrid": 0.7, "m": 0.9}, "apfd", 0.01, frozenset({"m"}), "hybrid", {"m": won}).order == "m"

"""Ranking many models: their order, and which differences are more than chance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.evaluation.leaderboard import Leaderboard, not_told_apart, rank_arms, untuned
from domain_ft.evaluation.settings import BenchmarkSettings

QUERIES = 40
CLUSTERS = np.arange(QUERIES)
SETTINGS = BenchmarkSettings(resamples=200, primary_metric="map")
NOISE = np.random.default_rng(0).normal(0, 0.05, (3, QUERIES))


def board(**means: float) -> Leaderboard:
    """Arms whose figures per query lie around these means; each began at half of its mean."""
    figures = {name: {"map": mean + NOISE[number]} for number, (name, mean) in enumerate(means.items())}
    before = {name: {"map": arm["map"] / 2} for name, arm in figures.items()}
    return rank_arms(figures, before, CLUSTERS, SETTINGS, minimum_effect=0.01)


def test_the_best_comes_first_with_all_differences_to_it() -> None:
    found = board(a=0.2, b=0.6, c=0.4)
    assert found.order == ("b", "c", "a")
    pairs = [(row.candidate, row.reference) for row in found.differences]
    assert pairs == [("b", "c"), ("b", "a"), ("b", untuned("b")), ("c", untuned("c")), ("a", untuned("a"))]


def test_a_difference_is_told_apart_only_where_it_is_more_than_chance() -> None:
    found = board(a=0.60, b=0.601, c=0.3)
    assert len(not_told_apart(found)) == 1
    assert "c" not in not_told_apart(found)


def test_equal_models_are_not_told_apart_and_the_first_named_stands_first() -> None:
    same = {name: {"map": 0.5 + NOISE[0]} for name in ("x", "y")}
    found = rank_arms(same, {}, CLUSTERS, SETTINGS, minimum_effect=0.01)
    (row,) = found.differences
    assert (found.order, row.mean, row.verdict) == (("x", "y"), 0.0, "INCONCLUSIVE")
    assert not_told_apart(found) == ("y",)


@settings(max_examples=20)
@given(st.lists(st.floats(0.1, 0.9), min_size=3, max_size=3))
def test_the_order_is_that_of_the_means_and_holm_never_makes_a_p_value_smaller(means: list[float]) -> None:
    found = board(a=means[0], b=means[1], c=means[2])
    shown = [found.arms[name]["map"].mean for name in found.order]
    assert shown == sorted(shown, reverse=True)
    rows = sorted(found.differences, key=lambda row: row.p_value or 0.0)
    assert all((row.p_holm or 0.0) >= (row.p_value or 0.0) for row in rows)
    assert rows[0].p_holm == pytest.approx(min(1.0, len(rows) * (rows[0].p_value or 0.0)))


def test_a_single_p_value_below_five_percent_decides_nothing_among_several() -> None:
    figures = {
        name: {"map": mean + NOISE[number]} for number, (name, mean) in enumerate({"a": 0.5, "b": 0.455}.items())
    }
    found = rank_arms(figures, figures, CLUSTERS, SETTINGS, minimum_effect=0.01)
    row = found.differences[0]
    assert row.p_value is not None
    assert row.p_holm is not None
    assert row.p_value <= 0.05 < row.p_holm
    assert row.verdict == "INCONCLUSIVE"

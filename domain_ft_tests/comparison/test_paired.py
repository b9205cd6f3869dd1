"""Differences of two arms on the same items, with what tells chance from effect."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from domain_ft.comparison.paired import Paired, holm_adjusted, paired
from domain_ft.evaluation.statistics import Resampling

RESAMPLING = Resampling(500, 0.95, 1)
SCORES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=30)


def figures(one: list[float], other: list[float], clusters: list[int] | None = None) -> Paired:
    found = paired(
        np.array(one, dtype=float), np.array(other, dtype=float),
        np.array(range(len(one)) if clusters is None else clusters), RESAMPLING, "pratt",
    )  # fmt: skip
    assert found is not None
    return found


@settings(max_examples=20)
@given(SCORES)
def test_the_other_way_round_it_is_the_same_with_the_other_sign(scores: list[tuple[float, float]]) -> None:
    one, other = (list(each) for each in zip(*scores, strict=True))
    there, back = figures(one, other), figures(other, one)
    assert there.estimate.mean == pytest.approx(-back.estimate.mean)
    assert (there.better, there.worse, there.equal) == (back.worse, back.better, back.equal)
    assert there.wilcoxon_p == pytest.approx(back.wilcoxon_p)
    if there.effect_size is not None and back.effect_size is not None:
        assert there.effect_size == pytest.approx(-back.effect_size)


def test_the_effect_size_is_the_mean_over_the_deviation() -> None:
    found = figures([0.5, 0.6, 0.9], [0.4, 0.4, 0.4])
    assert found.effect_size == pytest.approx(np.mean([0.1, 0.2, 0.5]) / np.std([0.1, 0.2, 0.5], ddof=1))


def test_the_signed_rank_test_is_that_of_the_clusters() -> None:
    one, other = [0.9, 0.8, 0.3, 0.7, 0.95, 0.6], [0.4, 0.5, 0.5, 0.2, 0.3, 0.3]
    expected = stats.wilcoxon(np.array(one) - np.array(other), zero_method="pratt").pvalue
    assert figures(one, other).wilcoxon_p == pytest.approx(expected)


@settings(max_examples=20)
@given(st.lists(st.integers(-3, 3), min_size=3, max_size=7), st.sampled_from(["pratt", "wilcox", "zsplit"]))
def test_the_signed_rank_test_of_few_clusters_goes_through_all_signs(tenths: list[int], zeros: Any) -> None:
    means = np.array(tenths) / 10
    assume((means != 0).sum() > 1)
    expected = stats.wilcoxon(means, zero_method=zeros, method=stats.PermutationMethod()).pvalue
    found = paired(means, np.zeros(len(means)), np.arange(len(means)), RESAMPLING, zeros)
    assert found is not None
    assert found.wilcoxon_p == pytest.approx(expected)


def test_one_cluster_that_differs_shows_nothing() -> None:
    found = paired(np.array([0.5, 0.0, 0.0]), np.zeros(3), np.arange(3), RESAMPLING, "wilcox")
    assert found is not None
    assert found.wilcoxon_p == 1.0


@pytest.mark.parametrize(("zeros", "other"), [("pratt", "wilcox"), ("pratt", "zsplit"), ("wilcox", "zsplit")])
def test_what_becomes_of_items_without_a_difference_is_a_setting(zeros: str, other: str) -> None:
    one, base = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.5, 0.4] * 9), np.array([0.5, 0.5, 0.5, 0.65, 0.5, 0.5, 0.4] * 9)
    found = [paired(one, base, np.arange(63), RESAMPLING, each) for each in (zeros, other)]  # type: ignore[arg-type]
    assert found[0].wilcoxon_p != found[1].wilcoxon_p  # type: ignore[union-attr]


def test_questions_about_one_concept_are_one_piece_of_evidence() -> None:
    apart = figures([0.9, 0.9, 0.1, 0.1], [0.5] * 4)
    together = figures([0.9, 0.9, 0.1, 0.1], [0.5] * 4, [0, 0, 1, 1])
    assert (apart.estimate.clusters, together.estimate.clusters) == (4, 2)
    assert (together.better, together.worse) == (1, 1)


def test_without_any_difference_there_is_none_to_test() -> None:
    found = figures([0.5, 0.5], [0.5, 0.5])
    assert (found.wilcoxon_p, found.effect_size, found.permutation_p, found.equal) == (None, None, 1.0, 2)


def test_items_that_one_arm_lacks_are_left_out() -> None:
    found = figures([0.9, math.nan, 0.7], [0.5, 0.5, 0.5])
    assert (found.estimate.n, found.better) == (2, 2)


def test_arms_without_a_common_item_cannot_be_compared() -> None:
    nothing = np.array([math.nan, 0.5]), np.array([0.5, math.nan])
    assert paired(*nothing, np.arange(2), RESAMPLING, "pratt") is None


def test_several_comparisons_are_held_to_a_stricter_level() -> None:
    strong, weak = figures([0.9] * 8, [0.5] * 8), figures([0.9, 0.4] * 4, [0.5] * 8)
    adjusted = holm_adjusted({"strong": strong, "weak": weak})
    assert adjusted["strong"] == pytest.approx(2 * (strong.permutation_p or 0))


def test_differences_that_are_all_alike_but_for_rounding_have_no_effect_size() -> None:
    assert figures([0.1 + 0.2, 0.3, 0.3], [0.0, 0.0, 0.0]).effect_size is None

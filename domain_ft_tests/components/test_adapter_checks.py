"""Verdicts on an adapter and its comparison, data in, verdict out."""

import pytest

from domain_ft.components.adapter_checks import evaluate_beyond_baselines, evaluate_learned, evaluate_truncation


@pytest.mark.parametrize(
    ("cut", "dropped", "learned", "passed"), [(0, 0, 40, True), (2, 0, 40, True), (2, 1, 40, False)]
)
def test_hardly_any_record_may_be_cut_or_left_out(cut: int, dropped: int, learned: int, passed: bool) -> None:
    assert evaluate_truncation(cut, dropped, learned).passed == passed


def test_a_score_that_did_not_rise_is_told() -> None:
    assert not evaluate_learned(0.4, 0.4).passed
    assert evaluate_learned(0.5, 0.4).passed


def test_a_candidate_that_says_no_more_than_a_copied_answer_is_told() -> None:
    found = evaluate_beyond_baselines({"candidate": 0.7, "constant": 0.6, "copied": 0.78, "gold": 1.0})
    assert not found.passed
    assert "constant 0.600, copied 0.780" in found.message


def test_above_both_it_passes_and_gold_does_not_count() -> None:
    assert evaluate_beyond_baselines({"candidate": 0.8, "constant": 0.6, "copied": 0.78, "gold": 1.0}).passed

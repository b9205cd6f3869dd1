"""Decisions, ranking of rows and calibration, held against their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.prioritization.classification import (
    Confusion,
    area_under_precision_recall,
    best_threshold,
    classify,
    fit_temperature,
    reliability,
)

rows = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.50001, 0.9, 1.0])), min_size=1)


def arrays(said: list) -> tuple[np.ndarray, np.ndarray]:
    failed, probability = zip(*said, strict=True)
    return np.array(failed), np.array(probability)


def sigmoid(margin: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-margin))


@given(rows)
@settings(deadline=None)
def test_the_cells_of_the_confusion_matrix_add_up_to_the_rows(said):
    failed, probability = arrays(said)
    confusion = classify(failed, probability, 0.5).confusion
    assert confusion.rows == len(said)
    assert confusion.failed_said_pass + confusion.failed_said_fail == failed.sum()
    assert confusion.accuracy == pytest.approx(((probability >= 0.5) == failed).mean())


def test_macro_f1_weighs_both_classes_alike():
    """Passed: 2 * 8 / (16 + 2) = 0.889; failed: 2 * 1 / (2 + 2) = 0.5."""
    confusion = Confusion(passed_said_pass=8, passed_said_fail=1, failed_said_pass=1, failed_said_fail=1)
    assert confusion.macro_f1 == pytest.approx((16 / 18 + 2 / 4) / 2)
    assert (confusion.recall_of_passed, confusion.recall_of_failed) == pytest.approx((8 / 9, 0.5))


def test_what_has_no_rows_has_no_share():
    confusion = Confusion.of(np.array([False, False]), np.array([False, False]))
    assert confusion.recall_of_failed is None
    assert Confusion(0, 0, 0, 0).macro_f1 is None


@given(rows.filter(lambda said: any(failed for failed, _ in said)))
@settings(deadline=None)
def test_auprc_is_the_step_sum_over_distinct_scores(said):
    failed, score = arrays(said)
    area, recall = 0.0, 0.0
    for cut in sorted(set(score.tolist()), reverse=True):
        chosen = score >= cut
        area += (failed[chosen].sum() / failed.sum() - recall) * failed[chosen].mean()
        recall = failed[chosen].sum() / failed.sum()
    assert area_under_precision_recall(failed, score) == pytest.approx(area)


def test_auprc_of_one_tie_is_the_share_of_failing_rows():
    assert area_under_precision_recall(np.array([True, False, False, False]), np.zeros(4)) == 0.25


def test_auprc_of_rows_that_all_passed_is_unknown():
    assert area_under_precision_recall(np.zeros(3, bool), np.arange(3.0)) is None


@given(rows)
@settings(deadline=None)
def test_no_threshold_has_a_higher_macro_f1_than_the_best_one(said):
    failed, probability = arrays(said)
    best = classify(failed, probability, best_threshold(failed, probability)).confusion.macro_f1
    others = [classify(failed, probability, cut).confusion.macro_f1 for cut in [*probability, -1.0, 2.0]]
    assert best == pytest.approx(max(others))


def test_of_equally_good_thresholds_the_one_nearest_to_a_half_is_taken():
    assert best_threshold(np.array([False, True]), np.array([0.2, 0.6])) == pytest.approx(0.4)


def test_the_threshold_of_no_rows_is_a_half():
    assert best_threshold(np.zeros(0, bool), np.zeros(0)) == 0.5


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_the_temperature_that_margins_were_heated_by_is_found(temperature):
    generator = np.random.default_rng(3)
    honest = generator.normal(-1, 2, 40_000)
    failed = generator.random(len(honest)) < sigmoid(honest)
    assert fit_temperature(failed, honest * temperature) == pytest.approx(temperature, rel=0.05)


def test_temperature_lowers_the_expected_calibration_error_of_an_overconfident_model():
    generator = np.random.default_rng(4)
    honest = generator.normal(0, 1, 20_000)
    failed = generator.random(len(honest)) < sigmoid(honest)
    loud = honest * 5
    cooled = sigmoid(loud / fit_temperature(failed, loud))
    assert reliability(failed, cooled).expected_error < 0.02 < 0.1 < reliability(failed, sigmoid(loud)).expected_error


def test_with_one_outcome_alone_the_temperature_stays_1():
    assert fit_temperature(np.ones(5, bool), np.arange(5.0)) == 1.0


def test_margins_of_any_size_are_no_overflow():
    assert 0 < fit_temperature(np.array([True, False, True]), np.array([1e6, -1e6, -1e6])) <= 100


@given(rows)
@settings(deadline=None)
def test_every_row_lies_in_the_bin_of_its_probability(said):
    failed, probability = arrays(said)
    found = reliability(failed, probability, bins=10)
    assert found.rows.sum() == len(said)
    filled = found.rows > 0
    assert (found.probability[filled] >= found.edges[:-1][filled] - 1e-9).all()
    assert (found.probability[filled] <= found.edges[1:][filled] + 1e-9).all()
    assert np.nansum(found.failed * found.rows) == pytest.approx(failed.sum())


def test_expected_calibration_error_is_that_of_a_worked_example():
    """Two rows at 0.25, one failed: off by 0.25; two at 0.75, both failed: off by 0.25."""
    found = reliability(np.array([True, False, True, True]), np.array([0.25, 0.25, 0.75, 0.75]), bins=2)
    assert found.expected_error == pytest.approx(0.25)

"""Scores as probabilities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.prioritization.classification import reliability
from domain_ft.prioritization.platt import PlattScaling

rows = st.lists(st.tuples(st.booleans(), st.floats(-1e6, 1e6)), max_size=20)


def arrays(said: list) -> tuple[np.ndarray, np.ndarray]:
    return np.array([failed for failed, _ in said], bool), np.array([score for _, score in said], float)


def drawn(slope: float, shift: float, rows: int = 50_000) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    score = generator.normal(30, 4, rows)
    return generator.random(rows) < 1 / (1 + np.exp(-(slope * score + shift))), score


def test_the_curve_that_failures_were_drawn_by_is_found():
    found = PlattScaling.fit(*drawn(0.5, -17.0))
    assert (found.slope, found.shift) == pytest.approx((0.5, -17.0), rel=0.05)


def test_probabilities_are_honest():
    failed, score = drawn(0.5, -17.0)
    probability = PlattScaling.fit(failed, score).probability(score)
    assert reliability(failed, probability).expected_error < 0.01


def test_a_score_that_tells_the_reverse_gives_the_share_that_failed():
    failed, score = drawn(0.5, -17.0)
    probability = PlattScaling.fit(failed, -score).probability(-score)
    assert probability == pytest.approx(np.full(len(score), failed.mean()), abs=1e-3)


@given(rows)
@settings(deadline=None)
def test_the_order_of_the_scores_stays(said):
    failed, score = arrays(said)
    found = PlattScaling.fit(failed, score)
    probability = found.probability(np.sort(score))
    assert (np.diff(probability) >= 0).all()
    assert ((probability >= 0) & (probability <= 1)).all()


@pytest.mark.parametrize("outcome", [True, False])
def test_of_four_rows_with_one_outcome_five_sixths_is_claimed(outcome):
    probability = PlattScaling.fit(np.full(4, outcome), np.zeros(4)).probability(np.zeros(1))[0]
    assert probability == pytest.approx(5 / 6 if outcome else 1 / 6)


def test_a_score_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="only finite scores"):
        PlattScaling.fit(np.array([True, False]), np.array([np.inf, 0.0]))

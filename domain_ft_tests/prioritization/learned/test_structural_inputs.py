"""Structural features as the network takes them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from domain_ft.prioritization.learned.structural_inputs import StructuralInputs

UNKNOWN = np.nan
matrix = arrays.arrays(
    np.float32, (12, 3), elements=st.floats(-1e6, 1e6, width=32) | st.sampled_from([UNKNOWN, np.inf, -np.inf])
)


def test_known_values_are_centred_and_scaled_by_the_training_rows():
    train = np.array([[1.0], [3.0]], np.float32)
    assert StructuralInputs.fit(train).of(np.array([[5.0], [2.0]], np.float32)).tolist() == [[3.0], [0.0]]


def test_an_unknown_value_stands_at_the_mean_and_has_a_flag():
    inputs = StructuralInputs.fit(np.array([[1.0, 7.0], [3.0, UNKNOWN]], np.float32))
    assert inputs.of(np.array([[2.0, UNKNOWN], [2.0, 7.0]], np.float32)).tolist() == [[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]


def test_a_gap_that_training_never_saw_has_no_flag():
    inputs = StructuralInputs.fit(np.array([[1.0], [3.0]], np.float32))
    assert inputs.of(np.array([[UNKNOWN]], np.float32)).tolist() == [[0.0]]


def test_a_feature_that_never_varied_or_was_never_known_is_zero_in_training():
    train = np.array([[4.0, UNKNOWN], [4.0, UNKNOWN]], np.float32)
    assert (StructuralInputs.fit(train).of(train)[:, :2] == 0).all()


def test_an_outlier_is_cut():
    train = np.array([[0.0], [1.0]], np.float32)
    assert abs(StructuralInputs.fit(train).of(np.array([[1e9]], np.float32))).max() <= 5


@given(matrix, matrix)
@settings(deadline=None)
def test_whatever_the_features_the_inputs_are_small_numbers(train, later):
    inputs = StructuralInputs.fit(train)
    found = inputs.of(later)
    assert found.shape == (12, inputs.width)
    assert np.isfinite(found).all()
    assert abs(found).max() <= 5

"""A training that ended without an error may still have gone wrong, and says so."""

import numpy as np
import pytest

from domain_ft.embedding.outcome import (
    collapse_warning,
    divergence_message,
    left_out_warning,
    mining_warning,
    out_of_memory_sentence,
    small_batches_warning,
    stagnation_warning,
    validation_warning,
)
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.evaluation.collapse import Spread, mean_pairwise_cosine

SETTINGS = TrainingSettings()


def test_a_falling_loss_is_no_warning() -> None:
    assert stagnation_warning([1.0, 0.9, 0.8, 0.7, 0.6, 0.5], SETTINGS) is None


def test_a_level_loss_is_named_with_what_to_try() -> None:
    warning = stagnation_warning([1.0, 1.01, 0.99, 1.0, 1.02, 0.99], SETTINGS)
    assert warning is not None
    assert "did not fall" in warning
    assert "learning_rate" in warning


def test_few_losses_are_no_trend() -> None:
    assert stagnation_warning([1.0, 1.0, 1.0], SETTINGS) is None


def test_a_loss_that_is_not_finite_is_named_with_what_to_try() -> None:
    assert "lower learning_rate than 5e-05" in divergence_message(7, SETTINGS, "bf16")
    assert "fp32" in divergence_message(7, SETTINGS, "bf16")


def test_mean_pairwise_cosine_of_a_square_of_directions() -> None:
    assert mean_pairwise_cosine(np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], dtype=np.float32)) == pytest.approx(-1 / 3)


def test_vectors_in_one_place_are_a_collapse() -> None:
    assert mean_pairwise_cosine(np.tile(np.array([[0.6, 0.8]], dtype=np.float32), (9, 1))) == pytest.approx(1)
    warning = collapse_warning(Spread(tuned=0.99, base=0.3))
    assert warning is not None
    assert "collapsed" in warning
    assert "learning_rate" in warning


def test_a_base_that_was_as_narrow_is_no_collapse_of_the_training() -> None:
    assert collapse_warning(Spread(tuned=0.96, base=0.97)) is None
    assert collapse_warning(Spread(tuned=0.5, base=0.3)) is None


def test_rows_that_find_no_batch_are_named_when_they_are_many() -> None:
    assert left_out_warning(5, 100) is None
    assert "6% of the triplets found no batch" in str(left_out_warning(6, 100))


def test_few_mined_negatives_are_named_as_the_last_mining_found_them() -> None:
    few, many = {"mined": 40, "kept": 50, "missing": 10}, {"mined": 50, "kept": 0, "missing": 50}
    assert "found for only 40 of 100 triplets" in str(mining_warning([many, few]))
    assert mining_warning([few, many]) is None
    assert mining_warning([]) is None


def test_no_gain_on_validation_is_named() -> None:
    assert "no checkpoint is better" in str(validation_warning("map", {"map": 0.4}, {"map": 0.5}))
    assert validation_warning("map", {"map": 0.6}, {"map": 0.5}) is None


def test_batches_less_than_half_full_are_named_with_the_loss_that_fills_them() -> None:
    assert small_batches_warning(32.0, 64, 1000) is None
    assert small_batches_warning(10.0, 64, 20) is None
    warning = str(small_batches_warning(15.6, 64, 1000))
    assert warning.startswith("a batch holds 16 of 64 triplets on average")
    assert "loss: relation" in warning


def test_memory_that_ran_out_is_answered_with_the_batch_size_to_try() -> None:
    assert "try batch_size 32" in out_of_memory_sentence(64)
    assert "max_seq_length" in out_of_memory_sentence(1)

"""What the trainer's log says."""

import pytest

from domain_ft.training.trainer_log import (
    evaluations,
    is_best_yet,
    is_diverged,
    is_patience_spent,
    losses,
    validation_values,
)

LOG = [{"loss": 2.0, "step": 1}, {"eval_map": 0.3, "eval_runtime": 1.0, "step": 2}, {"loss": 1.0, "step": 3}]


def test_losses_and_evaluations_are_told_apart() -> None:
    assert losses(LOG) == [2.0, 1.0]
    assert evaluations(LOG, "map") == [0.3]


def test_timing_is_no_validation_metric() -> None:
    assert validation_values(LOG[1]) == {"map": 0.3}


def test_the_best_yet_is_higher_than_all_before() -> None:
    assert is_best_yet([0.1])
    assert is_best_yet([0.1, 0.2])
    assert not is_best_yet([0.1, 0.1])
    assert not is_best_yet([])


def test_patience_is_spent_after_so_many_evaluations_without_a_new_best() -> None:
    assert is_patience_spent([0.3, 0.2, 0.3], 2)
    assert not is_patience_spent([0.3, 0.2, 0.4], 2)
    assert not is_patience_spent([0.3, 0.2], 2)
    assert not is_patience_spent([0.3, 0.2, 0.1], None)


def test_a_gain_of_no_more_than_the_least_one_is_none() -> None:
    assert is_patience_spent([0.3, 0.305, 0.309], 2, 0.01)
    assert not is_patience_spent([0.3, 0.305, 0.311], 2, 0.01)


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_has_diverged(loss: float) -> None:
    assert is_diverged(loss)
    assert not is_diverged(0.0)

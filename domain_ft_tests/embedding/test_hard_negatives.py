"""Negatives mined with the model as it is: what takes effect, what is kept, and that a stopped training goes on."""

from typing import Any

import pytest

from domain_ft.training.stop import TrainingStoppedError

MINED = {"hard_negatives": "model", "hard_negatives_margin": 0.0, "loss": "triplet"}


def test_a_refresh_after_each_n_epochs_changes_negatives(world: Any) -> None:
    fitted = world.fit(**MINED, epochs=4, hard_negatives_every=2)
    rounds = fitted.manifest["hard_negatives"]
    print(rounds)
    assert [each["epoch"] for each in rounds] == [0, 2]


@pytest.mark.parametrize("stop_at", [5, 10, 15])
def test_a_stopped_training_goes_on_to_the_same_weights(world: Any, stop_at: int) -> None:
    options = {**MINED, "hard_negatives_every": 1, "save_steps": 100, "epochs": 3}
    with pytest.raises(TrainingStoppedError):
        world.fit(stop_at=stop_at, **options)
    resumed = world.fit(**options)
    undisturbed = world.fit_elsewhere(**options)
    assert resumed.weights == undisturbed.weights
    assert resumed.manifest["hard_negatives"] == undisturbed.manifest["hard_negatives"]

"""The rate of every step is that of the formula, and goes on where a stopped training was."""

import math
from typing import Any, get_args

import pytest
from transformers import get_scheduler

from domain_ft.embedding.schedules import rate_factor
from domain_ft.embedding.settings import Schedule
from domain_ft.training.stop import TrainingStoppedError

RESTARTS = {"schedule": "cosine_with_restarts", "schedule_cycles": 2, "minimum_rate_ratio": 0.1}


def factors(schedule: Schedule, minimum: float = 0, cycles: int = 1) -> list[float]:
    given = {"schedule": schedule, "warmup": 4, "steps": 20, "minimum": minimum, "cycles": cycles}
    return [rate_factor(step, **given) for step in range(21)]  # type: ignore[arg-type]


@pytest.mark.parametrize("schedule", get_args(Schedule))
def test_without_a_minimum_each_schedule_is_the_librarys_of_its_name(schedule: Schedule) -> None:
    import torch

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    options = {"num_cycles": 3} if schedule == "cosine_with_restarts" else None
    theirs = get_scheduler(schedule, optimizer, 4, 20, scheduler_specific_kwargs=options)
    assert factors(schedule, cycles=3) == pytest.approx([theirs.lr_lambdas[0](step) for step in range(21)])


def test_restarts_rise_to_the_peak_and_fall_to_the_minimum_in_each_cycle() -> None:
    made = factors("cosine_with_restarts", minimum=0.2, cycles=2)
    fall = [0.2 + 0.8 * (1 + math.cos(math.pi * step / 8)) / 2 for step in range(8)]
    assert made == pytest.approx([0, 0.25, 0.5, 0.75, *fall, *fall, 0.2])


@pytest.mark.parametrize("schedule", ["linear", "cosine", "cosine_with_restarts"])
def test_a_falling_schedule_ends_at_the_minimum(schedule: Schedule) -> None:
    made = factors(schedule, minimum=0.3)
    assert made[4] == 1
    assert made[20] == pytest.approx(0.3)
    assert made[4:] == sorted(made[4:], reverse=True)
    assert factors(schedule)[20] == 0


def test_a_training_has_these_rates_step_by_step(world: Any) -> None:
    fitted = world.fit(**RESTARTS, warmup_ratio=0.25, max_steps=12, validation_queries=1)
    given = {"schedule": "cosine_with_restarts", "warmup": 3, "steps": 12, "minimum": 0.1, "cycles": 2}
    expected = [1e-3 * rate_factor(step, **given) for step in range(12)]  # type: ignore[arg-type]
    assert [event.values["learning_rate"] for event in fitted.of("log")] == pytest.approx(expected)


def test_a_stopped_training_goes_on_with_the_rate_it_had_to_the_same_weights(world: Any) -> None:
    options = {**RESTARTS, "max_steps": 8}
    with pytest.raises(TrainingStoppedError):
        world.fit(stop_at=5, **options)
    resumed, undisturbed = world.fit(**options), world.fit_elsewhere(**options)
    rates = [event.values["learning_rate"] for event in undisturbed.of("log")]
    assert [event.values["learning_rate"] for event in resumed.of("log")] == rates[5:]
    assert resumed.weights == undisturbed.weights

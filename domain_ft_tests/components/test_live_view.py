"""The live view: the curve is there while it trains, and does not flood the database."""

import logging
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import pytest

from domain_ft.resources.live_view import POINTS, LiveView
from domain_ft.training.progress import TrainingEvent

KEY = dg.AssetKey(["shop", "embedding_model"])


@dataclass
class Step:
    """What the view needs of a step: it keeps what it is told."""

    observations: list[dict[str, Any]] = field(default_factory=list)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("live view"))

    def log_event(self, event: dg.AssetObservation) -> None:
        assert event.asset_key == KEY
        self.observations.append({name: value.value for name, value in event.metadata.items()})


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def train(steps: int, seconds_per_step: float, every_s: float) -> list[dict[str, Any]]:
    """The observations of a training that logs at every step."""
    step, clock = Step(), Clock()
    view = LiveView(step, KEY, every_s, clock)
    for number in range(1, steps + 1):
        view(TrainingEvent("log", number, steps, {"loss": 1 / number, "learning_rate": "nan", "grad_norm": 3.0}))
        clock.now += seconds_per_step
    return step.observations


def test_the_first_loss_shows_at_once() -> None:
    assert train(1, 1, 60)[0]["loss"] == 1.0


def test_only_the_curves_that_have_a_value_are_shown() -> None:
    assert train(1, 1, 60)[0].keys() == {"step", "loss"}


def test_a_fast_training_is_throttled_by_time() -> None:
    assert len(train(steps=1000, seconds_per_step=0.01, every_s=5)) <= 3


def test_a_long_training_is_throttled_by_progress() -> None:
    assert len(train(steps=10_000, seconds_per_step=10, every_s=5)) <= POINTS + 1


def test_the_time_to_go_follows_the_pace() -> None:
    shown = train(steps=100, seconds_per_step=10, every_s=5)[49]
    assert (shown["step"], shown["to_go"]) == ("50 of 100", "about 8 min")


def test_how_far_it_is_is_told_in_words_that_make_no_plot() -> None:
    shown = train(steps=2, seconds_per_step=10, every_s=5)[1]
    assert {name for name, value in shown.items() if isinstance(value, (int, float))} == {"loss"}


def test_an_evaluation_carries_the_last_loss_so_that_its_curve_is_not_broken() -> None:
    step = Step()
    view = LiveView(step, KEY, 60, Clock())
    for number in (1, 2):  # the second is throttled away, and still the last one known
        view(TrainingEvent("log", number, 4, {"loss": 1 / number, "learning_rate": 5e-5}))
    view(TrainingEvent("evaluation", 2, 4, {"map": 0.123456}))
    assert step.observations[-1] == {"step": "2 of 4", "loss": 0.5, "learning_rate": 5e-5, "validation_map": 0.1235}


def test_every_evaluation_is_shown_under_names_of_its_own() -> None:
    step = Step()
    view = LiveView(step, KEY, 60, Clock())
    for number in (1, 2):
        view(TrainingEvent("evaluation", number, 2, {"map": 0.5}))
    assert [shown["validation_map"] for shown in step.observations] == [0.5, 0.5]


def test_warnings_reach_the_log_as_warnings(caplog: pytest.LogCaptureFixture) -> None:
    LiveView(Step(), KEY, 60)(TrainingEvent("warning", message="the loss did not fall"))
    assert [(record.levelname, record.message) for record in caplog.records] == [("WARNING", "the loss did not fall")]


def test_what_is_learned_is_shown_before_the_first_step() -> None:
    step = Step()
    LiveView(step, KEY, 60)(TrainingEvent("labels", values={"preview": "What?⟦This⟧"}))
    assert step.observations[0]["what_is_learned"] == "```\nWhat?⟦This⟧\n```"


def test_what_is_learned_stays_in_its_block_whatever_it_holds() -> None:
    step = Step()
    LiveView(step, KEY, 60)(TrainingEvent("labels", values={"preview": "⟦```yaml\n```\n<b>⟧"}))
    assert step.observations[0]["what_is_learned"] == "````\n⟦```yaml\n```\n<b>⟧\n````"

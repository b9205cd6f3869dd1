"""The live view of a training in the Dagster UI: figures as observations of the model's asset, sentences in the log.

Each observation is a row in Dagster's database, so they are throttled by time and by progress: a training of minutes
draws a curve as full as one of ten hours, and neither floods the database. Dagster breaks a curve at each observation
that lacks its figure, so all of them carry the curves' last known values.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import dagster as dg

from domain_ft.amounts import describe_seconds
from domain_ft.resources.plots import rounded
from domain_ft.safe_text import fenced
from domain_ft.training.progress import EventValue, TrainingEvent

POINTS = 200
"""About as many observations as one training leaves."""
CURVES = ("loss", "learning_rate", "examples_per_second")
VALIDATION = ("map", "mrr_at_10", "recall_at_10", "ndcg_at_10", "similarity_gap", "score", "valid_share", "ids")
"""The figures shown, and no others: each name becomes a plot of the asset, for as long as the project lives."""


class Log(Protocol):
    """What is needed of a step's context."""

    @property
    def log(self) -> dg.DagsterLogManager: ...

    def log_event(self, event: dg.AssetObservation) -> None: ...


class LiveView:
    """Takes training events as they come and shows them as observations of an asset, or of its partition."""

    def __init__(
        self,
        context: Log,
        asset_key: dg.AssetKey,
        every_s: float,
        clock: Callable[[], float] = time.monotonic,
        partition: str | None = None,
    ) -> None:
        self._context = context
        self._asset_key = asset_key
        self._every_s = every_s
        self._clock = clock
        self._partition = partition
        self._shown: _Moment | None = None
        self._first: _Moment | None = None
        self._curves: dict[str, float] = {}

    def __call__(self, event: TrainingEvent) -> None:
        if event.kind == "warning":
            self._context.log.warning(event.message)
        elif event.message:
            self._context.log.info(event.message)
        self._curves |= _figures(CURVES, event.values)
        if event.kind == "evaluation":
            figures = _figures(VALIDATION, event.values)
            self._observe(event, {f"validation_{name}": value for name, value in figures.items()})
        elif event.kind == "log":
            self._observe_now_and_then(event)
        elif event.kind == "labels":
            shown = dg.MetadataValue.md(fenced(str(event.values["preview"])))
            self._observe(event, {"what_is_learned": shown})

    def _observe_now_and_then(self, event: TrainingEvent) -> None:
        now = _Moment(self._clock(), event.step)
        self._first = self._first or now
        shown = self._shown
        if shown and (now.time - shown.time < self._every_s or now.step - shown.step < event.total_steps / POINTS):
            return
        self._shown = now
        remaining = _remaining(self._first, now, event.total_steps)
        self._observe(event, {} if remaining is None else {"to_go": f"about {describe_seconds(remaining)}"})

    def _observe(self, event: TrainingEvent, values: Mapping[str, float | str | dg.MetadataValue[str]]) -> None:
        metadata = {"step": f"{event.step:,} of {event.total_steps:,}", **self._curves, **values}
        observation = dg.AssetObservation(self._asset_key, metadata=metadata, partition=self._partition)
        self._context.log_event(observation)


@dataclass(frozen=True)
class _Moment:
    time: float
    step: int


def _remaining(first: _Moment, now: _Moment, total_steps: int) -> float | None:
    """Seconds to go at the pace so far; None before there is a pace."""
    done = now.step - first.step
    return (now.time - first.time) / done * (total_steps - now.step) if done > 0 else None


def _figures(names: Sequence[str], values: Mapping[str, EventValue]) -> dict[str, float]:
    """Those of the named values that are numbers, rounded."""
    named = ((name, values.get(name)) for name in names)
    return {
        name: rounded(value) for name, value in named if isinstance(value, (int, float)) and not isinstance(value, bool)
    }

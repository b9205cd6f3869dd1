"""Score against speed as geometry: a dot with its whisker per model, and a line through those on the front."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain_ft.evaluation.report.plots import Scale, Tick
from domain_ft.evaluation.report.text import figure

LEFT, RIGHT, TOP, BOTTOM = 56, 744, 16, 236
_ROOM = 0.08
_LINE_HEIGHT = 14.0


@dataclass(frozen=True)
class Place:
    """One model on the drawing."""

    name: str
    value: str
    x: float
    y: float
    low: float
    high: float
    label_x: float
    label_y: float
    anchor: str
    on_front: bool


@dataclass(frozen=True)
class ParetoPlot:
    """Models by speed (across) and score (up)."""

    title: str
    axis: str
    places: tuple[Place, ...]
    front: str
    """Points of the line through the front."""
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def pareto_plot(title: str, axis: str, models: Sequence[tuple[str, float, Mapping[str, Any], bool]]) -> ParetoPlot:
    """Models as name, speed, score (mean, low, high) and whether they are on the front; at least one."""
    bounds = [value for _, _, score, _ in models for value in _bounds(score)]
    across = _scale([speed for _, speed, _, _ in models], LEFT, RIGHT)
    up = _scale(bounds, BOTTOM, TOP)
    places, lowest = [], 0.0
    for name, speed, score, on_front in sorted(models, key=lambda model: -model[2]["mean"]):
        x, y = across(speed), up(score["mean"])
        to_the_left = x > (LEFT + RIGHT) / 2
        lowest = max(y + 4, lowest + _LINE_HEIGHT)
        low, high = _bounds(score)
        label_x, anchor = (x - 11, "end") if to_the_left else (x + 11, "start")
        places.append(Place(name, figure(score["mean"]), x, y, up(low), up(high), label_x, lowest, anchor, on_front))
    front = sorted((place.x, place.y) for place in places if place.on_front)
    line = " ".join(f"{x:g},{y:g}" for x, y in front)
    return ParetoPlot(title, axis, tuple(places), line, across.ticks(6), up.ticks(4))


def _bounds(score: Mapping[str, Any]) -> tuple[float, float]:
    mean = score["mean"]
    return mean if score["low"] is None else score["low"], mean if score["high"] is None else score["high"]


def _scale(values: Sequence[float], start: float, end: float) -> Scale:
    low, high = min(values), max(values)
    room = _ROOM * (high - low) or 0.1 * abs(high) or 0.1
    return Scale(low - room, high + room, start, end)

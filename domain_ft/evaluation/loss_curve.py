"""The curves of a training, as its log tells them: what the loss and the validation figures did by step."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from domain_ft.training.log import logged_figures

MOST_POINTS = 400
"""More points than pixels help nobody; longer curves are thinned out evenly."""
_VALIDATION = "validation_"

Curve = tuple[tuple[int, float], ...]
"""(step, value), by step."""


@dataclass(frozen=True)
class TrainingCurves:
    """The training loss, and each validation metric by its name."""

    loss: Curve = ()
    validation: Mapping[str, Curve] = field(default_factory=dict)


def read_training_curves(log: Path | None) -> TrainingCurves:
    """The curves in a model's training log; none where there is no log."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for step, figures in logged_figures(log) if log else ():
        for name, value in figures.items():
            if name == "loss" or name.startswith(_VALIDATION):
                curves.setdefault(name, []).append((step, value))
    thin = {name: _thinned(sorted(points)) for name, points in curves.items()}
    validation = {name.removeprefix(_VALIDATION): curve for name, curve in thin.items() if name != "loss"}
    return TrainingCurves(thin.get("loss", ()), validation)


def _thinned(points: list[tuple[int, float]]) -> Curve:
    stride = math.ceil(len(points) / MOST_POINTS)
    return tuple(points[::stride]) if stride > 1 else tuple(points)

"""A model's training log as points of curves: what MLflow plots beside the final figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.training.log import TRAINING_LOG, finite_figures, logged_figures

_NOT_A_CURVE = ("epoch", "merge_")
"""Beginnings of figures that have no course over the steps."""


@dataclass(frozen=True)
class Point:
    """One figure at one step of the training."""

    name: str
    step: int
    value: float


def training_curve(model: Path) -> list[Point]:
    """The points in a model's training log: `train/loss`, `train/learning_rate`, `validation/map` ..."""
    return [
        Point(_curve_name(name), step, value)
        for step, values in logged_figures(model / TRAINING_LOG)
        for name, value in figures(values).items()
        if not name.startswith(_NOT_A_CURVE)
    ]


def metric_name(name: str) -> str:
    """A name that MLflow accepts: `ndcg@10` is `ndcg_at_10`, whatever else it refuses becomes `_`."""
    named = name.replace("@", "_at_")
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-./ ") else "_" for letter in named)


def figures(values: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers among the values, under names that MLflow accepts."""
    return {metric_name(name): value for name, value in finite_figures(values).items()}


def _curve_name(name: str) -> str:
    kind, _, rest = name.partition("_")
    return f"validation/{rest}" if kind == "validation" and rest else f"train/{name}"

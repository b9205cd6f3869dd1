"""A model's training log as points of curves: what MLflow plots beside the final figures."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.embedding.training_log import TRAINING_LOG

_NOT_A_FIGURE = ("step", "epoch")


@dataclass(frozen=True)
class Point:
    """One figure at one step of the training."""

    name: str
    step: int
    value: float


def training_curve(model: Path) -> list[Point]:
    """The points in a model's training log: `train/loss`, `train/learning_rate`, `validation/map` ...

    A model without a log has no curve; a line that is no JSON object with a step says nothing and is passed over.
    """
    path = model / TRAINING_LOG
    if not path.is_file():
        return []
    return [point for line in path.read_bytes().split(b"\n") for point in _points(line)]


def metric_name(name: str) -> str:
    """A name that MLflow accepts: `ndcg@10` is `ndcg_at_10`, whatever else it refuses becomes `_`."""
    named = name.replace("@", "_at_")
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-./ ") else "_" for letter in named)


def figures(values: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers among the values, under names that MLflow accepts."""
    return {
        metric_name(name): float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def _points(line: bytes) -> Iterator[Point]:
    try:
        entry = json.loads(line)
    except ValueError:
        return
    if not isinstance(entry, dict) or not isinstance(entry.get("step"), int):
        return
    for name, value in figures(entry).items():
        if name not in _NOT_A_FIGURE:
            kind, _, rest = name.partition("_")
            group = f"validation/{rest}" if kind == "validation" and rest else f"train/{name}"
            yield Point(group, entry["step"], value)

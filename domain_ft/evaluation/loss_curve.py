"""The curves of a training, as its log tells them: what the loss and the validation figures did by step."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    """The curves in a `training_log.jsonl`; none where there is no log. Lines that say nothing are passed over."""
    entries = [] if log is None or not log.is_file() else [_entry(line) for line in log.read_bytes().split(b"\n")]
    curves: dict[str, list[tuple[int, float]]] = {}
    for entry in entries:
        step = entry.get("step")
        if not isinstance(step, int):
            continue
        for name, value in entry.items():
            if (name == "loss" or name.startswith(_VALIDATION)) and _is_figure(value):
                curves.setdefault(name, []).append((step, float(value)))
    thin = {name: _thinned(sorted(points)) for name, points in curves.items()}
    validation = {name.removeprefix(_VALIDATION): curve for name, curve in thin.items() if name != "loss"}
    return TrainingCurves(thin.get("loss", ()), validation)


def _entry(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _thinned(points: list[tuple[int, float]]) -> Curve:
    stride = math.ceil(len(points) / MOST_POINTS)
    return tuple(points[::stride]) if stride > 1 else tuple(points)

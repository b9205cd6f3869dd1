"""The log that a published model carries: one JSON object a line, a step and the figures measured there."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TRAINING_LOG = "training_log.jsonl"
TENSORBOARD = "tensorboard"
"""The folder of TensorBoard's events, in the work folder and in that of the model."""


def logged_figures(log: Path) -> Iterator[tuple[int, dict[str, float]]]:
    """(step, figure by name) of each line, in the order of the file; nothing where there is no file.

    A line that is no JSON object with a step says nothing and is passed over, and so is what is no finite number.
    """
    if not log.is_file():
        return
    for line in log.read_bytes().split(b"\n"):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and isinstance(entry.get("step"), int):
            yield entry["step"], finite_figures({name: value for name, value in entry.items() if name != "step"})


def finite_figures(values: Mapping[str, Any]) -> dict[str, float]:
    """The finite numbers among the values."""
    return {
        name: float(value)
        for name, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }

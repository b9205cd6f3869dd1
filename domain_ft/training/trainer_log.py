"""What a trainer's log says: asked of the log alone, so that a resumed training answers the same."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

_TIMING = frozenset({"runtime", "samples_per_second", "steps_per_second", "model_preparation_time"})
LogHistory = Sequence[Mapping[str, Any]]


def evaluations(log: LogHistory, metric: str) -> list[float]:
    """The values of a validation metric, in the order in which they were measured."""
    return [float(entry[f"eval_{metric}"]) for entry in log if f"eval_{metric}" in entry]


def validation_values(entry: Mapping[str, float]) -> dict[str, float]:
    """The validation metrics of an evaluation's log entry, under their own names; empty for other entries."""
    named = {name.removeprefix("eval_"): value for name, value in entry.items() if name.startswith("eval_")}
    return {name: value for name, value in named.items() if name not in _TIMING}


def is_best_yet(values: Sequence[float]) -> bool:
    """Whether the last value is higher than all before it."""
    return bool(values) and all(values[-1] > value for value in values[:-1])


def is_patience_spent(values: Sequence[float], patience: int | None, min_delta: float = 0.0) -> bool:
    """Whether the last `patience` evaluations brought no gain of more than `min_delta` over the best before them."""
    if patience is None or len(values) <= patience:
        return False
    return max(values[-patience:]) <= max(values[:-patience]) + min_delta


def losses(log: LogHistory) -> list[float]:
    """The logged training losses."""
    return [float(entry["loss"]) for entry in log if "loss" in entry]


def is_diverged(loss: float) -> bool:
    """Whether a loss can no longer be trained on."""
    return not math.isfinite(loss)

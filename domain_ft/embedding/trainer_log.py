"""What a trainer's log says about evaluations: asked of the log alone, so that a resumed training answers the same."""

from collections.abc import Mapping, Sequence
from typing import Any

_TIMING = frozenset({"runtime", "samples_per_second", "steps_per_second", "model_preparation_time"})
LogHistory = Sequence[Mapping[str, Any]]
MINED = "hard_negatives_"
"""Begins the names of a log entry's counts of mined negatives."""


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


def is_patience_spent(values: Sequence[float], patience: int | None) -> bool:
    """Whether the last `patience` evaluations brought no new best."""
    if patience is None or len(values) <= patience:
        return False
    return max(values[-patience:]) <= max(values[:-patience])


def mined_counts(entry: Mapping[str, Any]) -> dict[str, int]:
    """The counts of a log entry that tells of mined negatives, under their own names; empty for other entries."""
    return {name.removeprefix(MINED): count for name, count in entry.items() if name.startswith(MINED)}


def mined_rounds(log: LogHistory) -> list[dict[str, int]]:
    """The counts of each time that negatives were mined, with the epochs that had passed, in order."""
    return [{"epoch": int(entry["epoch"]), **counts} for entry in log if (counts := mined_counts(entry))]


def mined_sentence(counts: Mapping[str, int]) -> str:
    """One time that negatives were mined, in words."""
    model = f"the model after epoch {counts['epoch']}" if counts["epoch"] else "the base model"
    total = counts["mined"] + counts["kept"] + counts["missing"]
    others = {
        "are others than before": counts["changed"],
        "keep their own": counts["kept"],
        "have none": counts["missing"],
    }
    said = "".join(f", {count:,} {what}" for what, count in others.items() if count)
    vetoed = f"; {counts['vetoed']:,} passages were vetoed" if counts["vetoed"] else ""
    return f"hard negatives mined with {model} for {counts['mined']:,} of {total:,} triplets{said}{vetoed}"


def losses(log: LogHistory) -> list[float]:
    """The logged training losses."""
    return [float(entry["loss"]) for entry in log if "loss" in entry]

"""What a trainer's log says about mined negatives."""

from collections.abc import Mapping
from typing import Any

from domain_ft.training.trainer_log import LogHistory

MINED = "hard_negatives_"
"""Begins the names of a log entry's counts of mined negatives."""


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

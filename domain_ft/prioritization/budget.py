"""How much of a ranked suite is run: so many minutes, such a share of its time, or enough to be so sure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from domain_ft.errors import InputError
from domain_ft.prioritization.rank import RankedTest
from domain_ft.prioritization.timeline import FloatArray

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def parse_budget(text: str) -> tuple[float | None, float | None]:
    """`10m`, `90s`, `1h` as seconds, or `20%` as a share: (seconds, share), one of them None. InputError for others."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(s|m|h|%)", text.strip(), re.ASCII)
    value = float(found[1]) if found else 0.0
    if not found or value <= 0 or (found[2] == "%" and value > 100):
        raise InputError(f"--budget {text}: is no budget; write a time such as 90s, 10m or 1h, or a share such as 20%")
    return (None, value / 100) if found[2] == "%" else (value * _UNITS[found[2]], None)


def within_budget(ranked: Sequence[RankedTest], seconds: float | None, share: float | None) -> int:
    """How many of the first tests are run: must-run tests always, the others while their expected time fits.

    A test of unknown duration is expected to take the mean of the others; where none is known, all take the same.
    """
    cost = expected_seconds(ranked)
    if seconds is None:
        seconds = float(cost.sum()) * (share if share is not None else 1.0)
    elif all(test.expected_s is None for test in ranked):
        raise InputError("--budget as a time needs durations in the history; map the column duration, or write a share")
    fits = int(np.searchsorted(np.cumsum(cost), seconds + 1e-9, side="right"))
    return max(fits, sum(test.must_run for test in ranked), min(1, len(ranked)))


def expected_seconds(ranked: Sequence[RankedTest]) -> FloatArray:
    """The expected time of each test (n): its own mean, else the mean of the known ones, else 1."""
    known = [test.expected_s for test in ranked if test.expected_s is not None]
    mean = sum(known) / len(known) if known else 1.0
    return np.array([mean if test.expected_s is None else test.expected_s for test in ranked], dtype=np.float64)


def share_for_confidence(curve: Mapping[str, Any], order: str, percent: float) -> float:
    """The share of test time by which, on the test split, so many per cent of builds with a fault had shown it.

    InputError where the order was not measured; 1.0 where it is never reached before the end.
    """
    caught = curve["caught"].get(order)
    if caught is None:
        raise InputError(f"--confidence: the order {order} has no measured curve; run domain-ft prioritize first")
    for share, one in zip(curve["share"], caught, strict=True):
        if one is not None and 100 * one["mean"] >= percent - 1e-9:
            return float(share)
    return 1.0

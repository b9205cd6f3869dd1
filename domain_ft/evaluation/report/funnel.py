"""The mining funnel in groups of one unit, so that a bar is only ever compared with bars of its own kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from domain_ft.evaluation.report.text import words

_UNITS = ("rows", "runs", "builds", "tests", "pairs", "triplets")


@dataclass(frozen=True)
class FunnelLine:
    """One row: its count, why, and its share of the group's largest in percent."""

    name: str
    count: str
    why: str
    share: float
    empty: bool


def funnel_groups(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[FunnelLine, ...], ...]:
    """The rows in their order, cut wherever the unit changes."""
    return tuple(_group(list(group)) for _, group in groupby(rows, key=lambda row: _unit(row["name"])))


def _group(rows: list[Mapping[str, Any]]) -> tuple[FunnelLine, ...]:
    most = max(row["count"] for row in rows) or 1
    return tuple(
        FunnelLine(
            words(row["name"]), f"{row['count']:,}", row["why"], round(100 * row["count"] / most, 2), row["count"] == 0
        )
        for row in rows
    )


def _unit(name: str) -> str:
    """The unit a row counts: the first that its name speaks of (`relevant_runs_in_left_out_builds` counts runs)."""
    spoken = [word for word in name.split("_") if word in _UNITS]
    unit = spoken[0] if spoken else name
    return "runs" if unit == "rows" else unit

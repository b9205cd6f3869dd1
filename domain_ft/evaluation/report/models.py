"""The models beside their ranks: general ability, use of their space, and speed, as one table."""

from collections.abc import Mapping
from typing import Any

from domain_ft.evaluation.report.tables import ARM_LABELS, ArmRow, ArmTable, Cell
from domain_ft.evaluation.report.text import figure, interval, label

NOTHING = Cell("–", "")


def model_table(content: Mapping[str, Any]) -> ArmTable:
    """Models down; across, what was measured of each."""
    parts = [part for part in (_general(content), _space(content), _speed(content)) if part]
    columns = {name: column for part in parts for name, column in part.items()}
    return ArmTable(
        columns=tuple(columns),
        notes=tuple(note for note, _ in columns.values()),
        rows=tuple(
            ArmRow(
                arm, ARM_LABELS[arm], model["version"], tuple(cells.get(arm, NOTHING) for _, cells in columns.values())
            )
            for arm, model in content["models"].items()
        ),
    )


_Columns = dict[str, tuple[str, Mapping[str, Cell]]]
"""Name -> what it rests on, and each model's cell."""


def _general(content: Mapping[str, Any]) -> _Columns:
    found = content["general_ability"]
    if not found:
        return {}
    note = f"{found['queries']:,} everyday queries"
    return {
        f"general {label(metric)}": (note, {arm: _estimate(each[metric]) for arm, each in found["arms"].items()})
        for metric in found["differences"]
    }


def _estimate(one: Mapping[str, Any] | None) -> Cell:
    return Cell(figure(one["mean"]), interval(one["low"], one["high"])) if one else NOTHING


def _space(content: Mapping[str, Any]) -> _Columns:
    found = content["collapse"]
    note = f"{found['texts']:,} {content['words']['items']}"
    arms = found["arms"].items()
    return {
        "mean cosine": (note, {arm: Cell(figure(one["mean_pairwise_cosine"]), "") for arm, one in arms}),
        "effective rank": (
            note,
            {arm: Cell(f"{one['effective_rank']:.0f}", f"of {one['dimension']:,}") for arm, one in arms},
        ),
    }


def _speed(content: Mapping[str, Any]) -> _Columns:
    found = content["speed"]
    if not found:
        return {}
    one = next(iter(found.values()))
    return {
        "one query": (
            f"median of {one['runs']:,}, {one['corpus']:,} {content['words']['items']}",
            {arm: Cell(f"{each['median_ms']:.1f} ms", f"95 %: {each['p95_ms']:.1f} ms") for arm, each in found.items()},
        ),
        "encoding": (
            f"{content['words']['items']}, {one['device']}",
            {arm: Cell(f"{each['texts_per_second']:,.0f} / s", "") for arm, each in found.items()},
        ),
    }

"""The report's tables as values: which cells stand where, already as text, nothing of how they look."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain_ft.amounts import counted
from domain_ft.evaluation.comparison import ALL, HIGHER_IS_BETTER
from domain_ft.evaluation.metrics import METRICS
from domain_ft.evaluation.report.text import figure, interval, label, p_value, signed, signed_interval, words
from domain_ft.evaluation.vocabulary import sample_size

ARM_LABELS = {
    "random": "random",
    "bm25": "BM25",
    "base": "base",
    "champion": "champion",
    "candidate": "candidate",
    "fusion": "fusion",
}
MADE_OF = {"fusion": "BM25 + candidate"}
"""What stands under an arm that has no version."""
SIMILARITY = ("triplet_accuracy", "similarity_relevant", "similarity_unaffected", "similarity_gap")


@dataclass(frozen=True)
class Cell:
    """A mean and its interval; `best` marks the highest of its column."""

    mean: str
    interval: str
    best: bool = False


@dataclass(frozen=True)
class ArmRow:
    """One arm's cells."""

    arm: str
    label: str
    version: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class ArmTable:
    """Arms down, metrics or slices across."""

    columns: tuple[str, ...]
    notes: tuple[str, ...]
    """Under each column's name: on how much it rests."""
    rows: tuple[ArmRow, ...]


@dataclass(frozen=True)
class DifferenceLine:
    """Candidate minus one reference, on one metric or slice."""

    name: str
    mean: str
    interval: str
    p_value: str
    verdict: str
    n: str
    primary: bool


@dataclass(frozen=True)
class GateLine:
    """A success gate."""

    gate: str
    value: str
    passed: bool


@dataclass(frozen=True)
class GuardLine:
    """A metric that must not fall."""

    name: str
    difference: str
    low: str
    margin: str
    passed: bool


def arm_table(content: Mapping[str, Any], metrics: Sequence[str]) -> ArmTable:
    """The arms that have one of these metrics, over all units."""
    arms = {arm: figures for arm, figures in content["arms"].items() if any(metric in figures for metric in metrics)}
    columns = {metric: {arm: figures.get(metric) for arm, figures in arms.items()} for metric in metrics}
    present = {metric: column for metric, column in columns.items() if any(column.values())}
    return _table(content, {label(metric): column for metric, column in present.items()}, list(arms))


def retrieval_table(content: Mapping[str, Any]) -> ArmTable:
    """Every arm on the rank metrics."""
    return arm_table(content, tuple(METRICS))


def similarity_table(content: Mapping[str, Any]) -> ArmTable:
    """The models on the similarity figures."""
    return arm_table(content, SIMILARITY)


def slice_table(content: Mapping[str, Any]) -> ArmTable:
    """Every arm on the primary metric in each slice."""
    metric = content["primary_metric"]
    columns = {
        words(part): {arm: figures.get(metric) for arm, figures in arms.items()}
        for part, arms in content["slices"].items()
    }
    notes = tuple(f"{content['slice_pairs'][part]:,} {content['words']['items']}" for part in content["slices"])
    return _table(content, columns, list(content["arms"]), notes)


def metric_tables(content: Mapping[str, Any]) -> tuple[tuple[str, ArmTable], ...]:
    """For each slice every arm on every rank metric."""
    return tuple((words(part), _slice_metrics(content, part)) for part in content["slices"])


def _slice_metrics(content: Mapping[str, Any], part: str) -> ArmTable:
    arms = content["slices"][part]
    columns = {metric: {arm: figures.get(metric) for arm, figures in arms.items()} for metric in METRICS}
    present = {label(metric): column for metric, column in columns.items() if any(column.values())}
    return _table(content, present, list(content["arms"]))


def _table(
    content: Mapping[str, Any],
    columns: Mapping[str, Mapping[str, Mapping[str, Any] | None]],
    arms: Sequence[str],
    notes: tuple[str, ...] = (),
) -> ArmTable:
    best = {name: max(one["mean"] for one in column.values() if one) for name, column in columns.items()}
    best |= {label(metric): math.inf for metric in SIMILARITY if metric not in HIGHER_IS_BETTER}
    sizes = [_size(content, column) for column in columns.values()]
    beside = notes or ("",) * len(sizes)
    return ArmTable(
        columns=tuple(columns),
        notes=tuple(f"{size}{', ' + note if note else ''}" for size, note in zip(sizes, beside, strict=True)),
        rows=tuple(
            ArmRow(
                arm,
                ARM_LABELS[arm],
                content["models"].get(arm, {}).get("version", MADE_OF.get(arm, "")),
                tuple(_cell(column.get(arm), best[name]) for name, column in columns.items()),
            )
            for arm in arms
        ),
    )


def _size(content: Mapping[str, Any], column: Mapping[str, Mapping[str, Any] | None]) -> str:
    """On how much a column rests, at most."""
    most, spoken = max((one["n"], one["clusters"]) for one in column.values() if one), content["words"]
    return sample_size(*most, spoken["units"], spoken["clusters"])


def _cell(estimate: Mapping[str, Any] | None, best: float) -> Cell:
    if estimate is None:
        return Cell("–", "")
    return Cell(figure(estimate["mean"]), interval(estimate["low"], estimate["high"]), estimate["mean"] >= best)


def difference_lines(content: Mapping[str, Any], reference: str, *, slices: bool) -> tuple[DifferenceLine, ...]:
    """Candidate minus `reference`: either every metric over all units, or the primary metric in each slice."""
    rows = [row for row in content["differences"] if row["reference"] == reference and (row["slice"] != ALL) == slices]
    return tuple(
        DifferenceLine(
            name=words(row["slice"]) if slices else label(row["metric"]),
            mean=signed(row["mean"]),
            interval=signed_interval(row["low"], row["high"]),
            p_value=p_value(row["p_holm"] if slices else row["p_value"]),
            verdict=row["verdict"],
            n=_rests_on(row, content["words"]["clusters"]),
            primary=row["metric"] == content["primary_metric"] and not slices,
        )
        for row in rows
    )


def lead_line(row: Mapping[str, Any], first: str, *, primary: bool) -> DifferenceLine:
    """What `first` has over the row's reference, in a ranking; p-values are those by Holm."""
    return DifferenceLine(
        name=f"{first} − {row['reference']}",
        mean=signed(row["mean"]),
        interval=signed_interval(row["low"], row["high"]),
        p_value=p_value(row["p_holm"]),
        verdict=row["verdict"],
        n=f"{row['n']:,}",
        primary=primary,
    )


def _rests_on(row: Mapping[str, Any], clusters: str) -> str:
    beside = "" if row["clusters"] == row["n"] else f" ({counted(row['clusters'], clusters)})"
    return f"{row['n']:,}{beside}"


def references(content: Mapping[str, Any]) -> tuple[str, ...]:
    """What the candidate is compared with, the deciding one first."""
    found = dict.fromkeys(row["reference"] for row in content["differences"])
    return tuple(sorted(found, key=lambda name: name != content["reference"]))


def guard_lines(content: Mapping[str, Any]) -> tuple[GuardLine, ...]:
    """The guard metrics against the base."""
    return tuple(
        GuardLine(label(metric), signed(one["difference"]), signed(one["low"]), signed(-one["margin"]), one["passed"])
        for metric, one in content["guards"].items()
    )


def gate_lines(content: Mapping[str, Any]) -> tuple[GateLine, ...]:
    """The success gates."""
    return tuple(GateLine(one["gate"], figure(one["value"]), one["passed"]) for one in content["gates"])

"""What an experiment has found, in sentences: what the tuned model gains, where it loses, and what stands beside it.

A gain in one comparison says nothing of the others, so the verdict is the worst of those of its question, and every
comparison that an order with the tuned model has lost is named.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain_ft.amounts import counted
from domain_ft.evaluation.report.text import label
from domain_ft.prioritization.orders import HYBRID, HYBRID_BASE, HYBRID_TUNED, NEEDS_MODEL, ORACLE, ORDERS, RANDOM

QUESTION = "the hybrid with the tuned model's embeddings, against the one with the base's and the one without a model"
_WORST_FIRST = ("REGRESSION", "INCONCLUSIVE", "WIN")
_REFERENCES = ((HYBRID_BASE, "with the base's"), (HYBRID, "without a model"))
Row = Mapping[str, Any]
Part = Mapping[str, Any]
"""A slice of the content: `judged`, `arms`, `differences`."""


@dataclass(frozen=True)
class Reading:
    """The compared pairs where some runs count as faults, and what those are."""

    meaning: str
    rows: Sequence[Row]


def worst_verdict(readings: Sequence[Reading], metric: str) -> str:
    """The worst that `QUESTION` is answered with; INCONCLUSIVE where there is nothing to answer it."""
    found = {
        str(row["verdict"])
        for reading in readings
        for reference, _ in _REFERENCES
        if (row := _row_of(reading.rows, reference, metric)) is not None
    }
    return next((verdict for verdict in _WORST_FIRST if verdict in found), "INCONCLUSIVE")


def gains(reading: Reading, metric: str) -> list[str]:
    """What the tuned model's embeddings gain the hybrid where these runs count as faults, as a sentence."""
    told, builds = [], 0
    for reference, called in _REFERENCES:
        row = _row_of(reading.rows, reference, metric)
        if row is not None:
            bounds = "" if row["low"] is None else f" [{row['low']:+.3f}, {row['high']:+.3f}]"
            told.append(f"{row['verdict']} against the one {called} ({label(metric)} {row['mean']:+.3f}{bounds})")
            builds = row["n"]
    what = f"{reading.meaning[0].upper()}{reading.meaning[1:]} ({counted(builds, 'builds')})"
    return [f"{what}: the hybrid with the tuned model's embeddings is {' and '.join(told)}."] if told else []


def losses(readings: Sequence[Reading], metric: str) -> list[str]:
    """Every comparison on the primary metric and on MAP that an order with the tuned model has lost, as a sentence.

    The first reading is what counts as a fault; of the others it is said what they are.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for place, reading in enumerate(readings):
        of = f" of {reading.meaning}" if place else ""
        for row in reading.rows:
            lost = row["order"] in NEEDS_MODEL and row["verdict"] == "REGRESSION" and row["metric"] in (metric, "map")
            if lost:
                on = f"{label(row['metric'])}{of}"
                found.setdefault(row["order"], {}).setdefault(on, []).append(row["reference"])
    told = [
        f"{order} {', '.join(f'on {on} against {_listed(references)}' for on, references in each.items())}"
        for order, each in sorted(found.items(), key=lambda item: ORDERS.index(item[0]))
    ]
    return [f"With the tuned model's embeddings a REGRESSION: {'; '.join(told)}."] if told else []


def first_failures(part: Part, order: str) -> list[str]:
    """How the order that is used stands where history cannot help, beside chance and the best order, as a sentence."""
    means = {name: values["apfd"]["mean"] for name, values in part["arms"].items() if "apfd" in values}
    if not part["judged"] or order not in means or RANDOM not in means:
        return []
    best = max((name for name in means if name != ORACLE), key=lambda name: means[name])
    worse = ", worse than by chance" if means[order] < means[RANDOM] else ""
    beside = "" if means[order] == means[best] else f"; the best is {means[best]:.3f} by {best}"
    own = f"{means[order]:.3f} by {order}{'' if beside else ', the best'}"
    builds = counted(part["judged"], "builds")
    return [f"First failures ({builds}): APFD {own}, {means[RANDOM]:.3f} by chance{worse}{beside}."]


def _row_of(rows: Sequence[Row], reference: str, metric: str) -> Row | None:
    pair = (HYBRID_TUNED, reference, metric)
    return next((row for row in rows if (row["order"], row["reference"], row["metric"]) == pair), None)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))

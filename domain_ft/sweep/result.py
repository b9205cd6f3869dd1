"""What a sweep comes to: a row per combination, the best first, and what may be said of the best."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from domain_ft.domain import EmbeddingDomain
from domain_ft.sweep.plan import SPLIT

OPTIMISTIC = (
    "The best of {count} on validation looks better than it is, for it was picked by these figures; only the test "
    "split decides: {command}"
)
NOT_COMPARABLE = (
    "The combinations were measured on {count} different sets of validation data or labels (see "
    "comparison_digest): figures of different sets say nothing of each other, so no best one is named."
)


@dataclass(frozen=True)
class SweepRow:
    """What came of one combination; `error` says why nothing did."""

    settings: Mapping[str, str]
    version: str | None = None
    dataset: str | None = None
    comparison_digest: str | None = None
    """Equal for rows whose figures may be compared."""
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    difference: Mapping[str, float | None] | None = None
    """Mean, low and high of the difference to the base model."""
    n: int | None = None
    few_clusters: str | None = None
    """That the validation split is too small for any verdict."""
    report: str | None = None
    error: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The row as JSON values."""
        return {**asdict(self), "settings": dict(self.settings)}


@dataclass(frozen=True)
class SweepResult:
    """All rows, the best first; `best` is a version, or None where not all rows may be compared."""

    domain: str
    sweep: str
    primary_metric: str
    rows: tuple[SweepRow, ...]
    best: str | None
    notes: tuple[str, ...]
    mlflow_url: str | None = None

    @property
    def failed(self) -> int:
        """How many combinations came to nothing."""
        return sum(row.error is not None for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft sweep --json`."""
        return {
            "domain": self.domain,
            "sweep": self.sweep,
            "split": SPLIT,
            "primary_metric": self.primary_metric,
            "combinations": [row.as_json() for row in self.rows],
            "best": self.best,
            "mlflow_url": self.mlflow_url,
            "notes": list(self.notes),
        }


def sweep_result(domain: EmbeddingDomain, sweep: str, rows: Sequence[SweepRow], tried: int) -> SweepResult:
    """The result of the rows so far, of which `tried` combinations were planned."""
    ordered = _ordered(rows)
    groups = {row.comparison_digest for row in ordered if row.error is None}
    best = ordered[0] if len(groups) == 1 else None
    notes = []
    if best is not None:
        notes.append(OPTIMISTIC.format(count=tried, command=command_to_test(domain, best.settings)))
    elif groups:
        notes.append(NOT_COMPARABLE.format(count=len(groups)))
    notes += dict.fromkeys(row.few_clusters for row in ordered if row.few_clusters)
    return SweepResult(
        domain=domain.name,
        sweep=sweep,
        primary_metric=domain.benchmark.primary_metric,
        rows=ordered,
        best=best.version if best else None,
        notes=tuple(notes),
    )


def _ordered(rows: Sequence[SweepRow]) -> tuple[SweepRow, ...]:
    """Rows that may be compared stand together, the best first; what failed comes last."""
    groups = list(dict.fromkeys(row.comparison_digest for row in rows if row.error is None))
    judged = sorted(
        (row for row in rows if row.error is None),
        key=lambda row: (groups.index(row.comparison_digest), -(row.mean if row.mean is not None else float("-inf"))),
    )
    return (*judged, *(row for row in rows if row.error is not None))


def command_to_test(domain: EmbeddingDomain, settings: Mapping[str, str]) -> str:
    """The command that puts a domain with these settings before the test split."""
    preset = ["--preset", domain.preset] if domain.preset else []
    sets = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    return shlex.join(["domain-ft", "run", domain.name, *preset, *sets])

"""What must hold of a published dataset before anything is trained on it, as pure verdicts over plain numbers.

Dagster shows them as asset checks and the CLI as lines; both only carry them. The leakage is counted anew from the
files on the disk, not taken from the manifest: the manifest is what the check is to prove right.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import polars as pl

from domain_ft.errors import DomainFtError
from domain_ft.splits.leakage import leakage_report
from domain_ft.store.publish import read_manifest
from domain_ft.store.tables import read_table

FEWEST_FAILING = 0.001
MOST_FAILING = 0.95
MOST_REPEATED = 0.2


class Leakage(Protocol):
    """Counts of what slipped from one split into another."""

    @property
    def total(self) -> int: ...

    def as_json(self) -> dict[str, int]: ...


@dataclass(frozen=True)
class CheckOutcome:
    """The outcome of one check; a failed one of severity `error` blocks what comes after."""

    name: str
    passed: bool
    severity: Literal["error", "warning"]
    message: str
    numbers: dict[str, float]

    @property
    def blocks(self) -> bool:
        """Whether nothing may be built on the dataset."""
        return not self.passed and self.severity == "error"


def require_none_blocks(folder: Path, outcomes: Iterable[CheckOutcome]) -> None:
    """What Dagster's blocking checks stop in a run is stopped here too, whoever starts the training."""
    for outcome in outcomes:
        if outcome.blocks:
            raise DomainFtError(f"{folder}: {outcome.name}: {outcome.message}")


def evaluate_leakage(report: Leakage) -> CheckOutcome:
    """Nothing of a later split may stand in an earlier one (blocking)."""
    found = ", ".join(f"{name} {count}" for name, count in report.as_json().items() if count)
    return CheckOutcome(
        name="leakage",
        passed=report.total == 0,
        severity="error",
        message=f"leaks: {found or 'none'} (expected: none)" + ("; build the dataset again" if found else ""),
        numbers={**report.as_json(), "total": report.total},
    )


def evaluate_minimum_size(counts: Mapping[str, int], minimum: int) -> CheckOutcome:
    """There must be enough training triplets (blocking)."""
    found = counts.get("train", 0)
    return CheckOutcome(
        name="minimum_size",
        passed=found >= minimum,
        severity="error",
        message=f"{found:,} training triplets (expected: at least {minimum:,}, triplets.minimum)",
        numbers={**counts, "minimum": minimum},
    )


def evaluate_verdict_balance(verdicts: Mapping[str, int]) -> CheckOutcome:
    """Runs should neither all but never nor all but always fail; `verdicts` has failed and passed (warning)."""
    failed, passed = verdicts.get("failed", 0), verdicts.get("passed", 0)
    share = failed / max(failed + passed, 1)
    return CheckOutcome(
        name="verdict_balance",
        passed=FEWEST_FAILING <= share <= MOST_FAILING,
        severity="warning",
        message=f"{share:.1%} of the runs failed (expected: {FEWEST_FAILING:.1%} to {MOST_FAILING:.0%})",
        numbers={"failed": failed, "passed": passed, "failing_share": share},
    )


def evaluate_repeated_texts(triplets: pl.DataFrame) -> CheckOutcome:
    """Few training triplets should say what another says, and no text should stand in very many (warning)."""
    train = triplets.filter(pl.col("split") == "train")
    rows = max(train.height, 1)
    repeated = (train.height - train.n_unique(["anchor", "positive"])) / rows if train.height else 0.0
    numbers = {"triplets": float(train.height), "repeated_pair_share": repeated}
    for side in ("anchor", "positive", "negative"):
        numbers[f"distinct_{side}s"] = float(train[side].n_unique())
        most = train[side].value_counts()["count"].max() if train.height else 0
        numbers[f"most_frequent_{side}_share"] = float(most or 0) / rows  # type: ignore[arg-type]
    worst = max(value for name, value in numbers.items() if name.endswith("_share"))
    return CheckOutcome(
        name="repeated_texts",
        passed=worst <= MOST_REPEATED,
        severity="warning",
        message=f"{repeated:.1%} of the training triplets repeat another's anchor and positive; the most frequent "
        f"change text stands in {numbers['most_frequent_positive_share']:.1%} of them (expected: up to "
        f"{MOST_REPEATED:.0%} of each kind; the most is {worst:.1%})",
        numbers=numbers,
    )


def evaluate_history_dataset(folder: Path) -> tuple[CheckOutcome, ...]:
    """All checks of a dataset mined from a history: leakage, minimum size, verdict balance, repeated texts."""
    manifest = read_manifest(folder)
    triplets = read_table(folder / "triplets.parquet")
    builds = read_table(folder / "builds.parquet")
    return (
        evaluate_leakage(leakage_report(builds, triplets)),
        evaluate_minimum_size(manifest["counts"], manifest["settings"]["minimum"]),
        evaluate_verdict_balance(manifest["verdicts"]),
        evaluate_repeated_texts(triplets),
    )

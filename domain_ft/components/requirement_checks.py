"""What holds of requirement records as they landed and as they were fixed, as Dagster shows it."""

from pathlib import Path

import dagster as dg

from domain_ft.components.checks import shown
from domain_ft.mining.checks import CheckOutcome
from domain_ft.requirements.checks import evaluate_requirements_dataset
from domain_ft.requirements.raw_audit import AuditResult


def evaluate_soundness(valid: int, total: int) -> CheckOutcome:
    """Records are sound as they landed (warning: what can be repaired is)."""
    share = valid / total if total else 1.0
    return CheckOutcome(
        name="soundness",
        passed=valid == total,
        severity="warning",
        message=f"{valid:,} of {total:,} records are sound as they landed, {share:.1%} (expected: all)",
        numbers={"sound_share": share},
    )


def audit_checks(result: AuditResult) -> list[dg.AssetCheckResult]:
    """Whether what landed is sound as it is."""
    return shown([evaluate_soundness(result.valid, result.total)])


def requirement_checks(dataset: Path, near_duplicate: float | None) -> list[dg.AssetCheckResult]:
    """The checks of a published dataset of requirements, counted anew from its files."""
    return shown(evaluate_requirements_dataset(dataset, near_duplicate))

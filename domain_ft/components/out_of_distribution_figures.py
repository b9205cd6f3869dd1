"""A detector of strangers as Dagster shows it."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from domain_ft.components.checks import shown
from domain_ft.components.metadata_values import Figures, interval_text, note_figures, rounded_figures, sentence, table
from domain_ft.mining.checks import CheckOutcome
from domain_ft.uses.detect_strangers import MARKDOWN, StrangersResult

_PLOTTED = 10
"""Sources of strangers whose AUC becomes a plot; the table has all of them."""


def detector_figures(result: StrangersResult) -> Figures:
    """What was found, the figures that become plots, and the report."""
    content = result.content
    plotted = list(content["separations"].items())[:_PLOTTED]
    numbers = {f"auc_{name}": each["auc"]["mean"] for name, each in plotted}
    return {
        "headline": sentence(result.headline),
        "distance": content["method"],
        "model": content["model"]["name"],
        "report": dg.MetadataValue.path(result.report),
        **rounded_figures({
            **numbers,
            "threshold": content["threshold"],
            "false_positive_rate": content["false_positive_rate"]["mean"],
            "training_queries": content["queries"]["train"],
        }),
        "strangers": table(
            {
                "from": name,
                "auc": each["auc"]["mean"],
                "interval": interval_text(each["auc"], ".3f"),
                "fpr_at_95_tpr": each["fpr_at_95_tpr"],
                "caught": each["caught"],
            }
            for name, each in content["separations"].items()
        ),
        "summary": dg.MetadataValue.md((result.path / MARKDOWN).read_text(encoding="utf-8")),
        "path": dg.MetadataValue.path(result.path),
        "reused": result.reused,
        **note_figures(result.notes),
    }  # fmt: skip


def evaluate_false_alarms(content: Mapping[str, Any]) -> CheckOutcome:
    """The share of own test queries above the threshold is not shown to be above the promised one (warning)."""
    measured, promised = content["false_positive_rate"], content["settings"]["false_positive_rate"]
    low = measured["low"]
    above = low is not None and low > promised
    return CheckOutcome(
        name="false_alarms",
        passed=not above,
        severity="warning",
        message=f"{measured['mean']:.1%} of {measured['n']:,} own test queries are taken for strangers (expected: "
        f"{promised:.1%})" + ("; they come from elsewhere than those of validation" if above else ""),
        numbers={"false_positive_rate": measured["mean"], "expected": promised},
    )


def false_alarms(content: Mapping[str, Any]) -> list[dg.AssetCheckResult]:
    """That check, as Dagster shows it."""
    return shown([evaluate_false_alarms(content)])

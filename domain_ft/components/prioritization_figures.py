"""A prioritization experiment as Dagster shows it."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from domain_ft.components.checks import shown
from domain_ft.components.metadata_values import Figures, interval_text, note_figures, rounded_figures, sentence, table
from domain_ft.mining.checks import CheckOutcome
from domain_ft.uses.judge_orders import MARKDOWN, PrioritizationResult

_PLOTTED = ("random", "failure_rate", "recently_failed", "bm25", "hybrid", "hybrid_base", "hybrid_tuned", "oracle")


def prioritization_figures(result: PrioritizationResult) -> Figures:
    """What was found, the primary metric of the orders that matter, and the report."""
    content = result.content
    metric, arms = content["primary_metric"], content["arms"]
    numbers = {f"{name}_{metric}": arms[name][metric]["mean"] for name in _PLOTTED if metric in arms.get(name, {})}
    return {
        "verdict": content["verdict"],
        "verdict_of": sentence(content["verdict_of"]),
        "headline": sentence(result.headline),
        "used_by_rank": result.choice["order"],
        "report": dg.MetadataValue.path(result.report),
        **rounded_figures({**numbers, "builds": content["builds"]["judged"]}),
        "orders": table(_order_row(name, values, metric) for name, values in arms.items()),
        "differences": table(
            {
                "order": row["order"],
                "against": row["reference"],
                "difference": row["mean"],
                "interval": interval_text(row, "+.3f"),
                "verdict": row["verdict"],
            }
            for row in content["differences"]
            if row["metric"] == metric
        ),
        "summary": dg.MetadataValue.md((result.path / MARKDOWN).read_text(encoding="utf-8")),
        "path": dg.MetadataValue.path(result.path),
        "reused": result.reused,
        **note_figures(result.notes),
    }


def keeps_up(choice: Mapping[str, Any]) -> list[dg.AssetCheckResult]:
    """That what is best on validation has not lost to the hybrid without a model on the newest builds (warning)."""
    standing = choice["standing"]
    loses = standing is not None and standing["since"] is not None
    mean = standing["mean"] if standing is not None and standing["mean"] is not None else 0.0
    builds = standing["builds"] if standing is not None else 0
    return shown([
        CheckOutcome(
            name="keeps_up",
            passed=not loses,
            severity="warning",
            message=choice["why"],
            numbers={"mean_difference": mean, "builds": float(builds)},
        )
    ])  # fmt: skip


def _order_row(name: str, values: Mapping[str, Any], metric: str) -> Mapping[str, Any]:
    judged = values.get(metric)
    others = {other: values[other]["mean"] for other in ("map", "first_failure_rank") if other in values}
    return {
        "order": name,
        metric: judged["mean"] if judged else None,
        "interval": interval_text(judged, ".3f"),
        **others,
    }

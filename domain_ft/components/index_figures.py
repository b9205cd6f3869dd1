"""An index of passages as Dagster shows it."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from domain_ft.components.checks import shown
from domain_ft.components.metadata_values import Figures, interval_text, note_figures, rounded_figures, table
from domain_ft.mining.checks import CheckOutcome
from domain_ft.passage_index.regressions import BEFORE, regressions
from domain_ft.uses.index_passages import REPORT, IndexResult


def index_figures(result: IndexResult) -> Figures:
    """What was indexed, what each way to search finds, and how that compares with the model before."""
    manifest, judged = result.manifest, result.manifest["judged"]
    arms = judged["arms"] if judged else {}
    numbers = {f"{name}_ndcg_at_10": arms[name]["ndcg_at_10"]["mean"] for name in arms}
    differences = judged["differences"] if judged else []
    return {
        "model": manifest["model"]["name"],
        "report": dg.MetadataValue.path(result.path / REPORT),
        **rounded_figures({
            **numbers,
            "passages": manifest["passages"],
            "recall_at_10": manifest["recall_at_10"],
            "vector_weight": manifest["vector_weight"],
            "seconds": manifest["seconds"]["total"],
        }),
        "differences": table(
            {
                "search": row["candidate"],
                "against": row["reference"],
                "metric": row["metric"],
                "difference": row["mean"],
                "interval": interval_text(row, "+.3f"),
                "verdict": row["verdict"],
            }
            for row in differences
        ),
        "summary": dg.MetadataValue.md((result.path / REPORT).read_text(encoding="utf-8")),
        "path": dg.MetadataValue.path(result.path),
        "reused": result.reused,
        **note_figures(result.notes),
    }  # fmt: skip


def index_checks(result: IndexResult) -> list[dg.AssetCheckResult]:
    """That every passage stands in it (blocking), that it finds what an exact search finds, and held-out queries no
    worse than the index before (warnings)."""
    manifest = result.manifest
    recall, minimum = manifest["recall_at_10"], manifest["minimum_recall"]
    return shown([
        CheckOutcome(
            name="complete",
            passed=result.complete,
            severity="error",
            message=f"{manifest['rows']:,} of {manifest['passages']:,} passages stand in the index",
            numbers={"rows": float(manifest["rows"]), "passages": float(manifest["passages"])},
        ),
        CheckOutcome(
            name="recall",
            passed=recall >= minimum,
            severity="warning",
            message=f"{recall:.3f} of the ten truly nearest are found, of {minimum:g} that are asked for",
            numbers={"recall_at_10": recall},
        ),
        _keeps_up(manifest["judged"]),
    ])  # fmt: skip


def _keeps_up(judged: Mapping[str, Any] | None) -> CheckOutcome:
    lost = regressions(judged).get(BEFORE)
    compared = judged is not None and judged["previous"] is not None
    if lost is not None:
        message = f"the model of before found held-out queries better: {lost['metric']} {interval_text(lost, '+.3f')}"
    elif compared:
        message = "held-out queries are found no worse than with the model of before"
    else:
        message = "there is no other model to compare with"
    return CheckOutcome("keeps_up", lost is None, "warning", message, {"mean": lost["mean"]} if lost else {})

"""What a person sees of requirement records in the Dagster UI: audited, and fixed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from domain_ft.components.metadata_values import Figures, rounded_figures, table
from domain_ft.mining.result import DatasetResult
from domain_ft.requirements.raw_audit import MARKDOWN, REPORT, AuditResult
from domain_ft.splits.by_time import SPLITS
from domain_ft.store.publish import read_manifest

SHOWN_CHANGES = 20
SHOWN_COUNTS = (
    "id_format_issues",
    "min_requirements_violations",
    "yaml_validation_errors",
    "field_completeness_issues",
    "duplicate_records",
    "near_duplicates",
)
"""Kinds of findings that become plots; all of them stand in the table."""


def audit_figures(result: AuditResult) -> Figures:
    """How many records are sound, what is wrong with the others, and examples of it."""
    most_first = sorted(result.counts.items(), key=lambda item: (-item[1], item[0]))
    return {
        "dagster/row_count": result.total,
        "valid": result.valid,
        **{name: count for name, count in result.counts.items() if name in SHOWN_COUNTS},
        "found": table({"kind": name, "count": count} for name, count in most_first),
        "examples": dg.MetadataValue.md(result.markdown),
        **({"tokens": table([dict(result.token_lengths)])} if result.token_lengths else {}),
        "report": dg.MetadataValue.path(result.path / REPORT),
        "markdown": dg.MetadataValue.path(result.path / MARKDOWN),
        "path": dg.MetadataValue.path(result.path),
        "reused": result.reused,
    }


def fixed_figures(result: DatasetResult) -> Figures:
    """How many records there are to learn from, what was repaired, where the others went, and how good they are."""
    manifest = read_manifest(result.path)
    return {
        "dagster/row_count": sum(result.counts.values()),
        **{part: result.counts[part] for part in SPLITS},
        "leaks": sum(result.leakage.values()),
        "repaired": manifest["changed"],
        "quarantined": manifest["quarantined"],
        **rounded_figures(_scores(result.path)),
        "funnel": table(row.as_json() for row in result.funnel),
        "leakage": table({"leak": name, "count": count} for name, count in result.leakage.items()),
        "repairs": table(_changes(result.path)),
        "settings": dg.MetadataValue.json(manifest["settings"]),
        "path": dg.MetadataValue.path(result.path),
        "reused": result.reused,
    }


def _scores(dataset: Path) -> Mapping[str, float]:
    """The mean scores of the training records."""
    with (dataset / "train.jsonl").open("rb") as file:
        scores = [(record["score"], record["legacy_score"]) for record in map(json.loads, file)]
    mean, legacy = (sum(each) / len(scores) for each in zip(*scores, strict=True))
    return {"mean_score": mean, "mean_legacy_score": legacy}


def _changes(dataset: Path) -> list[dict[str, Any]]:
    """Some of the repairs, a row each."""
    rows: list[dict[str, Any]] = []
    with (dataset / "diff.jsonl").open("rb") as file:
        for line in file:
            record = json.loads(line)
            rows += [{"record": record["id"], **change} for change in record["changes"]]
            if len(rows) >= SHOWN_CHANGES:
                break
    return rows[:SHOWN_CHANGES]

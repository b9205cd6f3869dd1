"""What a person sees of a domain's data in the Dagster UI: what landed, and the triplets made of it.

A number keeps its name and its meaning from run to run, and there are at most fifteen of them per asset.
Imported by the steps, not by definitions.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from domain_ft.components.metadata_values import Figures, column_schema, note_figures, sentence, table
from domain_ft.history.tables import raw_sample, read_history
from domain_ft.landing.ingest import IngestResult
from domain_ft.mining.result import DatasetResult
from domain_ft.pairs.tables import read_pairs
from domain_ft.requirements.tables import read_requirements_table
from domain_ft.store.publish import read_manifest

SAMPLE_ROWS = 8
COUNTS = ("read", "accepted", "rejected", "duplicates", "conflicting")
RAW_COLUMNS = {
    "build": "Build in which the test ran.",
    "started": "When the build's tests started (UTC).",
    "scope": "Product, suite or repository: tests of one scope run together.",
    "test": "Test that ran.",
    "text": "What the test does: its summary and steps.",
    "verdict": "Outcome: pass, skipped, blocked, error or fail.",
    "duration_s": "Seconds that the run took; null where the source does not say.",
    "change": "Text of the build's change.",
}
PAIR_COLUMNS = {
    "pair_id": "Digest of the row's texts.",
    "query": "What is asked.",
    "passage": "The passage that answers it.",
    "context": "A longer passage that answers it, too.",
    "negative": "A passage that does not answer it.",
    "group": "Document that the row was made from.",
    "sub_domain": "Part of the domain.",
}
RECORD_COLUMNS = {
    "record_id": "Digest of what the record says.",
    "concept_id": "How its concept is called.",
    "concept": "What requirements were asked for.",
    "requirements": "The requirements, as JSON or as the YAML text that landed.",
    "family": "What its concept has in common with others; it is split as a whole.",
    "domain": "Part of the domain.",
    "synthetic": "Of a made-up record: what made it.",
}
TRIPLET_COLUMNS = {
    "anchor": "Text of a test; of pairs, the query.",
    "positive": "Text of a change that is relevant to the test; of pairs, the passage that answers.",
    "negative": "Text of a change that left the test unaffected; of pairs, a passage that does not answer.",
    "pair_id": "The pair.",
    "unit": "The group that the pair is in: what is split as a whole.",
    "target": "Which of the pair's texts is to be found.",
    "sub_domain": "Part of the domain.",
    "test_id": "The test.",
    "positive_build": "Build of the relevant change.",
    "negative_build": "Build of the other change.",
    "split": "train, validation or test: that of both builds.",
    "slice": "What happened to the test in the positive build: a break, a fix or a repeated failure.",
}


def raw_figures(result: IngestResult) -> Figures:
    """What was read, what came of it, and how the newest rows look.

    Where nothing was new, nothing was counted: the counts are left out, for their plots are about what was read.
    """
    manifest = read_manifest(result.path)
    of_kind = {"pairs": _pair_figures, "requirements": _record_figures}.get(manifest["kind"], _history_figures)
    figures: Figures = {
        "nothing_new": result.reused,
        "dagster/row_count": manifest["rows"],
        **({} if result.reused else {name: getattr(result, name) for name in COUNTS}),
        **of_kind(result.path, manifest),
        "files": table(_file_row(report) for report in result.as_json()["files"]),
        "path": dg.MetadataValue.path(result.path),
        "quarantine": dg.MetadataValue.path(result.quarantine),
    }
    return figures | note_figures(result.notes)


def _history_figures(folder: Path, manifest: Mapping[str, Any]) -> Figures:
    sample = raw_sample(read_history(folder), SAMPLE_ROWS)
    return {
        "builds": manifest["counts"]["builds"],
        "tests": manifest["counts"]["tests"],
        "dagster/column_schema": column_schema(sample.schema, RAW_COLUMNS),
        "verdicts": table({"verdict": word, "runs": count} for word, count in manifest["verdicts"].items()),
        "newest_runs": table(sample.iter_rows(named=True)),
    }


def _pair_figures(folder: Path, manifest: Mapping[str, Any]) -> Figures:
    pairs = read_pairs(folder)
    rows = ({**row, "examples": " | ".join(row["examples"])} for row in manifest["audit"])
    return {
        "queries": pairs["query"].n_unique(),
        "passages": pairs["passage"].n_unique(),
        "dagster/column_schema": column_schema(pairs.schema, PAIR_COLUMNS),
        "audit": table(rows),
        "some_pairs": table(pairs.head(SAMPLE_ROWS).iter_rows(named=True)),
    }


def _record_figures(folder: Path, manifest: Mapping[str, Any]) -> Figures:
    records = read_requirements_table(folder)
    sample = records.head(SAMPLE_ROWS).select("record_id", "concept", "requirements")
    return {
        "concepts": records["concept"].n_unique(),
        "synthetic": records["synthetic"].is_not_null().sum(),
        "dagster/column_schema": column_schema(records.schema, RECORD_COLUMNS),
        "some_records": table(sample.iter_rows(named=True)),
    }


def _file_row(report: Mapping[str, Any]) -> Mapping[str, Any]:
    rules = ", ".join(f"{name} {count}" for name, count in (report["rules"] or {}).items())
    names = ("name", "read", "accepted", "rejected", "duplicates", "conflicting", "skipped")
    return {**{name: report[name] for name in names}, "rejected for": rules}


def triplet_figures(result: DatasetResult) -> Figures:
    """How many triplets, where the other rows went, what leaks, and how triplets look."""
    manifest = read_manifest(result.path)
    triplets = pl.scan_parquet(result.path / "triplets.parquet", glob=False)
    return {
        "dagster/row_count": sum(result.counts.values()),
        **result.counts,
        "leaks": sum(result.leakage.values()),
        "relevance": sentence(f"{manifest['relevance']['name']}: {manifest['relevance']['meaning']}"),
        "dagster/column_schema": column_schema(triplets.collect_schema(), TRIPLET_COLUMNS),
        "funnel": table(row.as_json() for row in result.funnel),
        "leakage": table({"leak": name, "count": count} for name, count in result.leakage.items()),
        "slices": table({"split": split, **counts} for split, counts in manifest["slices"].items()),
        "examples": table(triplets.head(SAMPLE_ROWS).collect().iter_rows(named=True)),
        "settings": dg.MetadataValue.json(manifest["settings"]),
        "path": dg.MetadataValue.path(result.path),
        "preview": dg.MetadataValue.path(result.path / "preview.csv"),
        "reused": result.reused,
        **note_figures(result.notes),
    }

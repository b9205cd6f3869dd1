"""What a person sees of each stage in the Dagster UI: stable numbers (they become plots), tables, links.

A number keeps its name and its meaning from run to run, and there are at most fifteen of them per asset; a figure that
does not exist in a run (a champion's, say) is left out. Imported by the steps, not by definitions.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import polars as pl

from domain_ft.evaluation.benchmark import BenchmarkResult
from domain_ft.evaluation.benchmark_file import MARKDOWN
from domain_ft.history.tables import raw_sample, read_history
from domain_ft.landing.ingest import IngestResult
from domain_ft.mining.result import DatasetResult
from domain_ft.pairs.tables import read_pairs
from domain_ft.resources.live_view import VALIDATION
from domain_ft.store.publish import read_manifest

if TYPE_CHECKING:
    from domain_ft.embedding.train_model import TrainingResult
    from domain_ft.registry.promote import PromotionResult

Figures = dict[str, Any]
SAMPLE_ROWS = 8
LONGEST = 160


def raw_figures(result: IngestResult) -> Figures:
    """What was read, what came of it, and how the newest rows look."""
    manifest = read_manifest(result.path)
    of_kind = _pair_figures if manifest["kind"] == "pairs" else _history_figures
    figures: Figures = {
        "dagster/row_count": manifest["rows"],
        "read": result.read,
        "accepted": result.accepted,
        "rejected": result.rejected,
        "duplicates": result.duplicates,
        "conflicting": result.conflicting,
        **of_kind(result.path, manifest),
        "files": table(_file_row(report) for report in result.as_json()["files"]),
        "path": dg.MetadataValue.path(result.path),
        "quarantine": dg.MetadataValue.path(result.quarantine),
        "nothing_new": result.reused,
    }
    return figures | _notes(result.notes)


def _history_figures(folder: Path, manifest: Mapping[str, Any]) -> Figures:
    sample = raw_sample(read_history(folder), SAMPLE_ROWS)
    return {
        "builds": manifest["counts"]["builds"],
        "tests": manifest["counts"]["tests"],
        "dagster/column_schema": column_schema(sample.schema),
        "verdicts": table({"verdict": word, "runs": count} for word, count in manifest["verdicts"].items()),
        "newest_runs": table(sample.iter_rows(named=True)),
    }


def _pair_figures(folder: Path, manifest: Mapping[str, Any]) -> Figures:
    pairs = read_pairs(folder)
    rows = ({**row, "examples": " | ".join(row["examples"])} for row in manifest["audit"])
    return {
        "queries": pairs["query"].n_unique(),
        "passages": pairs["passage"].n_unique(),
        "dagster/column_schema": column_schema(pairs.schema),
        "audit": table(rows),
        "some_pairs": table(pairs.head(SAMPLE_ROWS).iter_rows(named=True)),
    }


def triplet_figures(result: DatasetResult) -> Figures:
    """How many triplets, where the other rows went, what leaks, and how triplets look."""
    manifest = read_manifest(result.path)
    triplets = pl.scan_parquet(result.path / "triplets.parquet", glob=False)
    return {
        "dagster/row_count": sum(result.counts.values()),
        **result.counts,
        "leaks": sum(result.leakage.values()),
        "relevance": f"{manifest['relevance']['name']}: {manifest['relevance']['meaning']}",
        "dagster/column_schema": column_schema(triplets.collect_schema()),
        "funnel": table(row.as_json() for row in result.funnel),
        "leakage": table({"leak": name, "count": count} for name, count in result.leakage.items()),
        "slices": table({"split": split, **counts} for split, counts in manifest["slices"].items()),
        "examples": table(triplets.head(SAMPLE_ROWS).collect().iter_rows(named=True)),
        "settings": dg.MetadataValue.json(manifest["settings"]),
        "path": dg.MetadataValue.path(result.path),
        "preview": dg.MetadataValue.path(result.path / "preview.csv"),
        "reused": result.reused,
    }


def model_figures(result: "TrainingResult") -> Figures:
    """What the training took, what validation says of it, and where the model is."""
    manifest = read_manifest(result.path)
    validation, base = result.validation or {}, result.base_validation or {}
    return {
        "step": result.steps,
        "seconds": result.seconds,
        "examples_per_second": result.examples_per_second,
        "train_examples": manifest["train_examples"],
        "trainable_parameters": manifest["trainable_parameters"],
        "total_parameters": manifest["total_parameters"],
        **{f"validation_{name}": validation[name] for name in VALIDATION if name in validation},
        **({"base_validation_map": base["map"]} if "map" in base else {}),
        **({"loss": manifest["loss_curve"]["last"]} if manifest["loss_curve"] else {}),
        "version": result.version,
        "validation": table({"metric": m, "base": base.get(m), "best checkpoint": validation[m]} for m in validation),
        "warnings": dg.MetadataValue.md("\n".join(f"- {warning}" for warning in result.warnings) or "none"),
        "device": f"{manifest['device']}, {manifest['precision']}",
        **({"frozen_layers": prefix["sentence"]} if (prefix := manifest.get("frozen_prefix")) else {}),
        "resumed": result.resumed,
        "reused": result.reused,
        "settings": dg.MetadataValue.json(manifest["settings"]),
        "path": dg.MetadataValue.path(result.path),
        "card": dg.MetadataValue.path(result.path / "README.md"),
        **({"mlflow_run": dg.MetadataValue.url(result.mlflow_url)} if result.mlflow_url else {}),
        **_notes(result.notes),
    }


def benchmark_figures(result: BenchmarkResult) -> Figures:
    """The verdict, the primary metric of every arm, what the candidate gained, and the report."""
    metric = result.primary_metric
    return {
        **{f"{arm}_{metric}": metrics[metric]["mean"] for arm, metrics in result.arms.items() if metric in metrics},
        **_gain(result.differences, metric, result.reference),
        "n": result.n,
        **({"similarity_gap": gap["mean"]} if (gap := result.arms["candidate"].get("similarity_gap")) else {}),
        "verdict": result.verdict,
        "headline": result.headline,
        "arms": table({"arm": arm, **_means(metrics)} for arm, metrics in result.arms.items()),
        "gains": table(_gain_row(row) for row in result.differences if row["reference"] == result.reference),
        "summary": dg.MetadataValue.md((result.path / MARKDOWN).read_text(encoding="utf-8")),
        "report": dg.MetadataValue.path(result.report),
        **({"mlflow_run": dg.MetadataValue.url(result.mlflow_url)} if result.mlflow_url else {}),
        "path": dg.MetadataValue.path(result.path),
        "reused": result.reused,
        **_notes(result.notes),
    }


def champion_figures(result: "PromotionResult") -> Figures:
    """Whether the candidate was promoted, why, and who stands where."""
    return {
        "promoted": int(result.promoted),
        "versions": len(result.versions),
        "champion": result.champion or "none",
        "challenger": result.challenger or "none",
        "previous": result.previous or "none",
        "reason": result.reason,
        "verdict": result.verdict or "none",
        "standing": table(_version_row(row) for row in result.as_json()["versions"]),
        **({"path": dg.MetadataValue.path(result.path.parent / "champion")} if result.champion else {}),
        **({"mlflow_run": dg.MetadataValue.url(result.url)} if result.url else {}),
        "mlflow_model": dg.MetadataValue.url(result.registry_url),
        **_notes(result.notes),
    }


def _notes(notes: Sequence[str]) -> Figures:
    return {"notes": "\n".join(notes)} if notes else {}


def table(rows: Iterable[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """Rows as Dagster shows them: each with all columns, only plain values, long texts cut."""
    kept = list(rows)
    columns = list(dict.fromkeys(name for row in kept for name in row))
    records = [dg.TableRecord({name: _cell(row.get(name)) for name in columns}) for row in kept]
    schema = dg.TableSchema([dg.TableColumn(name, _column_type(row.get(name) for row in kept)) for name in columns])
    return dg.MetadataValue.table(records, schema=schema)


def column_schema(schema: pl.Schema) -> dg.TableSchema:
    """The columns of a polars table."""
    return dg.TableSchema([dg.TableColumn(name, str(dtype)) for name, dtype in schema.items()])


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return round(value, 4)
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _column_type(values: Iterable[Any]) -> str:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known):
        return "int" if all(isinstance(value, int) for value in known) else "float"
    return "string"


def _file_row(report: Mapping[str, Any]) -> Mapping[str, Any]:
    rules = ", ".join(f"{name} {count}" for name, count in (report["rules"] or {}).items())
    names = ("name", "read", "accepted", "rejected", "duplicates", "conflicting", "skipped")
    return {**{name: report[name] for name in names}, "rejected for": rules}


def _means(metrics: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    return {name: estimate["mean"] for name, estimate in metrics.items()}


def _gain(differences: Sequence[Mapping[str, Any]], metric: str, reference: str) -> Figures:
    """The candidate's gain over the reference on the primary metric, with its bounds."""
    for row in differences:
        if (row["reference"], row["metric"], row["slice"]) == (reference, metric, "all"):
            return {
                f"gain{bound}": row[key]
                for bound, key in (("", "mean"), ("_low", "low"), ("_high", "high"))
                if row[key] is not None
            }
    return {}


def _gain_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    names = ("metric", "slice", "mean", "low", "high", "n", "p_value", "p_holm", "verdict")
    return {name: row[name] for name in names}


def _version_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    score = row["score"] or {}
    names = ("version", "number", "verdict", "primary_metric", "registered_at", "published")
    return {**{name: row[name] for name in names}, "score": score.get("mean"), "aliases": ", ".join(row["aliases"])}

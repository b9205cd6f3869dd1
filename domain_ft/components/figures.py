"""What a person sees of each stage in the Dagster UI: a sentence, stable numbers (they become plots), tables, links.

A number keeps its name and its meaning from run to run, and there are at most fifteen of them per asset; a figure that
does not exist in a run (a champion's, say) is left out. Tables are narrow: a wide one pushes everything else on the
page out of sight. Imported by the steps, not by definitions.
"""

import re
import textwrap
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
from domain_ft.requirements.tables import read_requirements_table
from domain_ft.resources.live_view import VALIDATION
from domain_ft.resources.plots import rounded
from domain_ft.store.publish import read_manifest

if TYPE_CHECKING:
    from domain_ft.embedding.train_model import TrainingResult
    from domain_ft.registry.promote import PromotionResult

Figures = dict[str, Any]
_MARKUP = re.compile(r"[\\`*_\[\]<>#|~]")
SAMPLE_ROWS = 8
LONGEST = 160
LINE = 46
"""Characters of a metadata value that are to be seen in a window of 1440 pixels."""
MINED_COLUMNS = ("epoch", "mined", "kept", "missing", "changed", "vetoed")
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
    return figures | _notes(result.notes)


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
        **_notes(result.notes),
    }


def model_figures(result: "TrainingResult") -> Figures:
    """What the training took, what validation says of it, and where the model is."""
    manifest = read_manifest(result.path)
    validation, base = result.validation or {}, result.base_validation or {}
    numbers = {
        "steps": result.steps,
        "seconds": result.seconds,
        "examples_per_second": result.examples_per_second,
        "train_examples": manifest["train_examples"],
        "trainable_parameters": manifest["trainable_parameters"],
        "total_parameters": manifest["total_parameters"],
        **{f"validation_{name}": validation[name] for name in VALIDATION if name in validation},
        **({"base_validation_map": base["map"]} if "map" in base else {}),
        **({"loss": manifest["loss_curve"]["last"]} if manifest["loss_curve"] else {}),
    }
    return {
        "version": result.version,
        "warnings": listed_sentences(result.warnings),
        **rounded_figures(numbers),
        "validation": table({"metric": m, "base": base.get(m), "best checkpoint": validation[m]} for m in validation),
        "device": f"{manifest['device']}, {manifest['precision']}",
        **({"frozen_layers": prefix["sentence"]} if (prefix := manifest.get("frozen_prefix")) else {}),
        **({"hard_negatives": _mined(rounds)} if (rounds := manifest.get("hard_negatives")) else {}),
        "resumed": result.resumed,
        "reused": result.reused,
        **({"mlflow_run": dg.MetadataValue.url(result.mlflow_url)} if result.mlflow_url else {}),
        "card": dg.MetadataValue.path(result.path / "README.md"),
        "path": dg.MetadataValue.path(result.path),
        "settings": dg.MetadataValue.json(manifest["settings"]),
        **_notes(result.notes),
    }


def _mined(rounds: Iterable[Mapping[str, int]]) -> dg.TableMetadataValue:
    """A row for each time that negatives were mined."""
    return table({name: counts[name] for name in MINED_COLUMNS} for counts in rounds)


def benchmark_figures(result: BenchmarkResult) -> Figures:
    """The verdict, the primary metric of every arm, what the candidate gained, and the report."""
    metric, candidate = result.primary_metric, result.arms["candidate"]
    numbers = {
        **{f"{arm}_{metric}": metrics[metric]["mean"] for arm, metrics in result.arms.items() if metric in metrics},
        **_gain(result.differences, metric, result.reference),
        "n": result.n,
        **({"similarity_gap": gap["mean"]} if (gap := candidate.get("similarity_gap")) else {}),
        **({"query_ms": speed["median_ms"]} if (speed := result.speed.get("candidate")) else {}),
        "effective_rank": result.collapse["arms"]["candidate"]["effective_rank"],
    }
    others = [name for name in result.guards if name != metric]
    return {
        "verdict": result.verdict,
        "headline": sentence(result.headline),
        "report": dg.MetadataValue.path(result.report),
        **({"mlflow_run": dg.MetadataValue.url(result.mlflow_url)} if result.mlflow_url else {}),
        **rounded_figures(numbers),
        "arms": table(_arm_row(arm, metrics, metric, others) for arm, metrics in result.arms.items()),
        **({"gates": table(_gate_row(gate) for gate in result.gates)} if result.gates else {}),
        "gains": table(_gain_row(row) for row in result.differences if row["reference"] == result.reference),
        "summary": dg.MetadataValue.md((result.path / MARKDOWN).read_text(encoding="utf-8")),
        "path": dg.MetadataValue.path(result.path),
        "reused": result.reused,
        **_notes(result.notes),
    }


def champion_figures(result: "PromotionResult") -> Figures:
    """Whether the candidate was promoted, why, and who stands where."""
    return {
        "reason": sentence(result.reason),
        "champion": result.champion or "none",
        "challenger": result.challenger or "none",
        "previous": result.previous or "none",
        "verdict": result.verdict or "none",
        "promoted": int(result.promoted),
        "versions": len(result.versions),
        **({"mlflow_run": dg.MetadataValue.url(result.url)} if result.url else {}),
        "mlflow_model": dg.MetadataValue.url(result.registry_url),
        **({"path": dg.MetadataValue.path(result.path.parent / "champion")} if result.champion else {}),
        "standing": table(_version_row(row) for row in result.as_json()["versions"]),
        **_notes(result.notes),
    }


def sentence(text: str) -> dg.MarkdownMetadataValue:
    """A sentence that may be long, in lines that fit the page: a value as wide as the widest table would be cut."""
    lines = textwrap.wrap(text, LINE, break_long_words=False, break_on_hyphens=False)
    return dg.MetadataValue.md("  \n".join(_MARKUP.sub(r"\\\g<0>", line) for line in lines))


def listed_sentences(sentences: Sequence[str]) -> dg.MarkdownMetadataValue:
    """Sentences as a list, in lines that fit the page."""
    return dg.MetadataValue.md("\n".join(f"- {sentence(each).md_str}" for each in sentences) or "none")


def _notes(notes: Sequence[str]) -> Figures:
    return {"notes": listed_sentences(notes)} if notes else {}


def rounded_figures(numbers: Mapping[str, float]) -> Figures:
    """Numbers as plots show them."""
    return {name: rounded(value) for name, value in numbers.items()}


def table(rows: Iterable[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """Rows as Dagster shows them: each with all columns, only plain values, long texts cut."""
    kept = list(rows)
    columns = list(dict.fromkeys(name for row in kept for name in row))
    records = [dg.TableRecord({name: _cell(row.get(name)) for name in columns}) for row in kept]
    schema = dg.TableSchema([dg.TableColumn(name, _column_type(row.get(name) for row in kept)) for name in columns])
    return dg.MetadataValue.table(records, schema=schema)


def column_schema(schema: pl.Schema, meanings: Mapping[str, str]) -> dg.TableSchema:
    """The columns of a polars table, each with what it means."""
    return dg.TableSchema([dg.TableColumn(name, str(dtype), meanings.get(name)) for name, dtype in schema.items()])


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return rounded(value)
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


def _arm_row(arm: str, metrics: Mapping[str, Any], primary: str, others: Sequence[str]) -> Mapping[str, Any]:
    """An arm's primary metric with its interval, and the guard metrics; all the others are in the report."""
    judged = metrics.get(primary)
    means = {name: metrics[name]["mean"] for name in others if name in metrics}
    return {"arm": arm, primary: judged["mean"] if judged else None, "interval": _interval(judged, ".3f"), **means}


def _interval(estimate: Mapping[str, Any] | None, form: str) -> str | None:
    if estimate is None or estimate["low"] is None or estimate["high"] is None:
        return None
    return f"[{estimate['low']:{form}}, {estimate['high']:{form}}]"


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
    gain = {"gain": row["mean"], "interval": _interval(row, "+.3f")}
    return {"metric": row["metric"], "slice": row["slice"], **gain, "n": row["n"], "verdict": row["verdict"]}


def _gate_row(gate: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"gate": gate["gate"], "candidate": gate["value"], "passed": gate["passed"]}


def _version_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who it is, where it stands, and on what ground; the page of the registered model says the rest."""
    score = rounded(row["score"]["mean"]) if row["score"] else None
    return {
        "version": row["version"],
        "aliases": ", ".join(row["aliases"]),
        "verdict": row["verdict"],
        "score": f"{row['primary_metric']} {score}" if score is not None else None,
        "registered": row["registered_at"][: len("2026-01-31")],
    }

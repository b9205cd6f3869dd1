"""What a person sees of a model in the Dagster UI: trained, benchmarked, and promoted or not.

A number keeps its name and its meaning from run to run, and there are at most fifteen of them per asset; a figure that
does not exist in a run (a champion's, say) is left out. Imported by the steps, not by definitions.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from domain_ft.components.metadata_values import (
    Figures,
    interval_text,
    listed_sentences,
    note_figures,
    rounded_figures,
    sentence,
    table,
)
from domain_ft.evaluation.benchmark import BenchmarkResult
from domain_ft.evaluation.benchmark_file import MARKDOWN
from domain_ft.resources.live_view import VALIDATION
from domain_ft.resources.plots import rounded
from domain_ft.store.publish import read_manifest

if TYPE_CHECKING:
    from domain_ft.embedding.train_model import TrainingResult
    from domain_ft.registry.promote import PromotionResult

MINED_COLUMNS = ("epoch", "mined", "kept", "missing", "changed", "vetoed")


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
        **note_figures(result.notes),
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
        **note_figures(result.notes),
    }


def _arm_row(arm: str, metrics: Mapping[str, Any], primary: str, others: Sequence[str]) -> Mapping[str, Any]:
    """An arm's primary metric with its interval, and the guard metrics; all the others are in the report."""
    judged = metrics.get(primary)
    means = {name: metrics[name]["mean"] for name in others if name in metrics}
    return {"arm": arm, primary: judged["mean"] if judged else None, "interval": interval_text(judged, ".3f"), **means}


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
    gain = {"gain": row["mean"], "interval": interval_text(row, "+.3f")}
    return {"metric": row["metric"], "slice": row["slice"], **gain, "n": row["n"], "verdict": row["verdict"]}


def _gate_row(gate: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"gate": gate["gate"], "candidate": gate["value"], "passed": gate["passed"]}


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
        **note_figures(result.notes),
    }


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

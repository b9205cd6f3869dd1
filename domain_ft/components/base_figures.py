"""What a person sees of a comparison of base models in the Dagster UI. Imported by the steps, not by definitions."""

from typing import TYPE_CHECKING

import dagster as dg

from domain_ft.components.metadata_values import Figures, listed_sentences, rounded_figures, sentence, table
from domain_ft.store.publish import read_manifest

if TYPE_CHECKING:
    from domain_ft.bases.compare import BaseComparison
    from domain_ft.bases.train import TrainedBase


def base_model_figures(result: "TrainedBase") -> Figures:
    """What one base has come to on validation, and what it took."""
    training, judged = result.training, result.benchmark
    metric, manifest = judged.primary_metric, read_manifest(training.path)
    arms = {arm: judged.arms[arm][metric] for arm in ("base", "candidate")}
    gains = [
        row for row in judged.differences if (row["reference"], row["metric"], row["slice"]) == ("base", metric, "all")
    ]
    numbers = {
        f"validation_{metric}": arms["candidate"]["mean"],
        f"base_validation_{metric}": arms["base"]["mean"],
        **{f"gain{bound}": gain[key] for gain in gains for bound, key in _BOUNDS if gain[key] is not None},
        "n": judged.n,
        "steps": training.steps,
        "seconds": training.seconds,
        "examples_per_second": training.examples_per_second,
        "total_parameters": manifest["total_parameters"],
        "dimension": manifest["dimension"],
    }
    return {
        "base": str(result.base),
        "version": training.version,
        "warnings": listed_sentences(training.warnings),
        **rounded_figures(numbers),
        "device": f"{manifest['device']}, {manifest['precision']}",
        "report": dg.MetadataValue.path(judged.report),
        "card": dg.MetadataValue.path(training.path / "README.md"),
        "path": dg.MetadataValue.path(training.path),
        "settings": dg.MetadataValue.json(manifest["settings"]),
        "resumed": training.resumed,
        "reused": training.reused,
    }


_BOUNDS = (("", "mean"), ("_low", "low"), ("_high", "high"))


def base_comparison_figures(result: "BaseComparison") -> Figures:
    """Who is best, who cannot be told apart, and the report."""
    from domain_ft.evaluation.report.bases import base_lines, lead_lines, render_bases_markdown

    content = result.content
    metric, best = content["primary_metric"], content["bases"][0]
    numbers = {
        f"best_{metric}": best["tuned"][metric]["mean"],
        f"best_untuned_{metric}": max(base["untuned"][metric]["mean"] for base in content["bases"]),
        "bases": len(content["bases"]),
        "missing": len(content["missing"]),
        "n": content["n"],
    }
    return {
        "best": content["best"],
        "headline": sentence(content["headline"]),
        "report": dg.MetadataValue.path(result.report),
        **({"mlflow_run": dg.MetadataValue.url(result.mlflow_url)} if result.mlflow_url else {}),
        **rounded_figures(numbers),
        "ranking": table(
            {"base": line.key, metric: line.tuned, "interval": line.interval, "untuned": line.untuned}
            for line in base_lines(content)
        ),
        "differences": table(
            {"": line.name, "mean": line.mean, "interval": line.interval, "p": line.p_value, "verdict": line.verdict}
            for line in lead_lines(content)
        ),
        "summary": dg.MetadataValue.md(render_bases_markdown(content)),
        "notes": listed_sentences(result.notes),
        "path": dg.MetadataValue.path(result.path),
        "reused": result.reused,
    }

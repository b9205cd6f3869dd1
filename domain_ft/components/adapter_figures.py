"""What a person sees of an adapter in the Dagster UI: trained, compared, and brought to Ollama.

Like `model_figures`: at most fifteen numbers per asset, each with one name and meaning from run to run.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from domain_ft.adapter.train_adapter import AdapterResult
from domain_ft.comparison.compare import ComparisonResult
from domain_ft.components.metadata_values import (
    Figures,
    interval_text,
    listed_sentences,
    note_figures,
    rounded_figures,
    sentence,
    table,
)
from domain_ft.evaluation.benchmark_file import MARKDOWN, REPORT
from domain_ft.model_folders.demonstration import demonstration_note
from domain_ft.prompt_search.optimize import TRIALS
from domain_ft.resources.live_view import VALIDATION
from domain_ft.safe_text import fenced
from domain_ft.store.publish import read_manifest

if TYPE_CHECKING:
    from domain_ft.delivery.export_adapter import OllamaExport
    from domain_ft.prompt_search.optimize import PromptResult


def adapter_figures(result: AdapterResult) -> Figures:
    """What the training took, what validation says of it, and where the adapter is."""
    manifest = read_manifest(result.path)
    validation, base = result.validation, result.base_validation
    numbers = {
        "steps": result.steps,
        "seconds": result.seconds,
        "examples_per_second": result.examples_per_second,
        "tokens_per_second": result.tokens_per_second,
        "train_examples": manifest["train_examples"],
        "truncated_rows": manifest["truncated_rows"],
        "trainable_parameters": manifest["trainable_parameters"],
        "total_parameters": manifest["total_parameters"],
        "peak_memory_bytes": manifest["peak_memory_bytes"],
        **{f"validation_{name}": validation[name] for name in VALIDATION if name in validation},
        "base_validation_score": base["score"],
        **({"loss": manifest["loss_curve"]["last"]} if manifest["loss_curve"] else {}),
    }
    return {
        "version": result.version,
        **_demonstration(demonstration_note(manifest)),
        "warnings": listed_sentences(result.warnings),
        **rounded_figures(numbers),
        "validation": table({"metric": m, "base": base.get(m), "best checkpoint": validation[m]} for m in validation),
        "device": f"{manifest['device']}, {manifest['precision']}",
        "base_model": manifest["base_model"],
        "resumed": result.resumed,
        "reused": result.reused,
        **({"mlflow_run": dg.MetadataValue.url(result.mlflow_url)} if result.mlflow_url else {}),
        "card": dg.MetadataValue.path(result.path / "README.md"),
        "path": dg.MetadataValue.path(result.path),
        "settings": dg.MetadataValue.json(manifest["settings"]),
        **note_figures(result.notes),
    }


def comparison_figures(result: ComparisonResult) -> Figures:
    """The decision, every arm's score, what the candidate gained, and the report."""
    content = result.content
    gained = next((each for each in content["differences"] if each["reference"] == content["reference"]), None)
    candidate = next(each for each in content["figures"] if each["arm"] == "candidate")
    numbers = {
        **{f"{arm}_score": metrics["score"]["mean"] for arm, metrics in content["arms"].items()},
        **({f"gain{end}": gained[key] for end, key in _BOUNDS if gained[key] is not None} if gained else {}),
        "n": content["n"],
        "valid_share": candidate["valid_share"],
        "ids": candidate["components"]["ids"],
    }
    return {
        "verdict": content["verdict"],
        "decision": content["decision"]["outcome"],
        "headline": sentence(content["headline"]),
        "report": dg.MetadataValue.path(result.path / REPORT),
        **({"mlflow_run": dg.MetadataValue.url(result.mlflow_url)} if result.mlflow_url else {}),
        **rounded_figures(numbers),
        "arms": table(_arm_row(each) for each in content["figures"]),
        "gains": table(_gain_row(each) for each in content["differences"]),
        "summary": dg.MetadataValue.md((result.path / MARKDOWN).read_text(encoding="utf-8")),
        "path": dg.MetadataValue.path(result.path),
        "reused": result.reused,
        **note_figures(result.notes),
    }


_BOUNDS = (("", "mean"), ("_low", "low"), ("_high", "high"))


def _arm_row(arm: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "arm": arm["arm"],
        "score": arm["score"]["mean"],
        "interval": interval_text(arm["score"], ".3f"),
        "valid": arm["valid_share"],
        "ids": arm["components"]["ids"],
    }


def _gain_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    gain = {"gain": row["mean"], "interval": interval_text(row, "+.3f")}
    return {"against": row["reference"], **gain, "p (Holm)": row["p_holm"]}


_OF_TRIAL = ("number", "score", "best_score", "rows", "instruction")


def prompt_figures(result: "PromptResult") -> Figures:
    """What the best prompt scores, the default one beside it, and its words."""
    manifest, prompt = result.manifest, result.template
    numbers = {
        "best_score": manifest["best_score"],
        "default_score": manifest["default_score"],
        "trials": manifest["trials"],
        "examples": manifest["examples"],
    }
    trials = [json.loads(line) for line in (result.path / TRIALS).read_bytes().split(b"\n") if line]
    return {
        "headline": sentence(manifest["headline"]),
        "beats_default": manifest["beats_default"],
        **rounded_figures(numbers),
        "system": dg.MetadataValue.md(fenced(prompt.system)),
        "trials_made": table({name: each[name] for name in _OF_TRIAL} for each in trials),
        "path": dg.MetadataValue.path(result.path),
        "reused": result.reused,
    }


def export_figures(result: "OllamaExport") -> Figures:
    """Which way the model went, where the package is, and what it said when it was tried."""
    delivered = result.delivered
    served = (
        {
            "tag": delivered.tag,
            "served": delivered.served,
            "before": delivered.previous or "none",
            "answer": dg.MetadataValue.md(fenced(delivered.answer)),
            **({"tokens_per_second": delivered.tokens_per_second} if delivered.tokens_per_second else {}),
        }
        if delivered
        else {}
    )
    return {
        "version": result.version,
        **_demonstration(result.demonstration),
        "way": result.way,
        **({"command": result.command} if result.command else {}),
        **served,
        "ways": table({"way": way, "state": state} for way, state in result.ways.items()),
        "path": dg.MetadataValue.path(result.path),
    }


def _demonstration(note: str | None) -> Figures:
    return {"demonstration": sentence(note)} if note else {}

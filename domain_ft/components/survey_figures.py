"""What a person sees of a survey of local models in the Dagster UI. Imported by the steps, not by definitions."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import dagster as dg

from domain_ft.components.metadata_values import Figures, note_figures, rounded_figures, sentence, table
from domain_ft.resources.plots import rounded

if TYPE_CHECKING:
    from domain_ft.survey.board import Leaderboard
    from domain_ft.survey.one import SurveyedModel

OBSERVE_EVERY_S = 15.0


class ShownAnswers:
    """Takes the figures of each answer and shows the means so far as observations, now and then."""

    def __init__(self, context: dg.AssetExecutionContext, clock: Callable[[], float] = time.monotonic) -> None:
        self._context = context
        self._clock = clock
        self._told_at = clock()
        self._sums: dict[str, float] = {}
        self._counts: dict[str, int] = {}

    def __call__(self, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
            self._counts[name] = self._counts.get(name, 0) + 1
        if self._clock() - self._told_at < OBSERVE_EVERY_S:
            return
        self._told_at = self._clock()
        means = {f"mean_{name}": rounded(total / self._counts[name]) for name, total in self._sums.items()}
        key, partition = self._context.asset_key, self._context.partition_key
        self._context.log_event(dg.AssetObservation(key, metadata=means, partition=partition))


def surveyed_figures(result: "SurveyedModel") -> Figures:
    """What one model's answers are worth, and what they took."""
    content = result.content
    numbers = {
        "score": content["score"]["mean"],
        "valid_share": content["valid_share"],
        "legacy_score": content["legacy_score"]["mean"],
        "seconds": content["seconds"],
        "tokens_per_second": content["tokens_per_second"],
        "memory_bytes": content["memory_bytes"],
        "failures": content["failures"],
        "n": content["n"],
    }
    return {
        "model": content["model"],
        **rounded_figures({name: value for name, value in numbers.items() if value is not None}),
        "components": table([content["components"]]),
        "ended": table({"done reason": name, "answers": count} for name, count in content["done_reasons"].items()),
        "found": table({"mode": name, "answers": count} for name, count in content["modes"].items()),
        **({"failed_for": table(_reasons(content))} if content["failure_reasons"] else {}),
        **({"mlflow_run": dg.MetadataValue.url(result.mlflow_url)} if result.mlflow_url else {}),
        "options": dg.MetadataValue.json(content["options"]),
        "resumed": result.resumed,
        "reused": result.reused,
        "path": dg.MetadataValue.path(result.path),
        **note_figures(result.notes),
    }


def leaderboard_figures(result: "Leaderboard") -> Figures:
    """Who is best, with which model to begin, and the report."""
    from domain_ft.evaluation.report.survey import lead_lines, model_lines, render_survey_markdown

    content = result.content
    best = content["results"][0]
    numbers = {
        "best_score": best["score"]["mean"],
        "best_valid_share": best["valid_share"],
        "models": len(content["results"]),
        "missing": len(content["missing"]),
        "n": content["n"],
    }
    return {
        "best": content["best"],
        "headline": sentence(content["headline"]),
        "choice": content["choice"]["model"] or "none",
        "reason": sentence(content["choice"]["reason"]),
        "report": dg.MetadataValue.path(result.report),
        **({"mlflow_run": dg.MetadataValue.url(result.mlflow_url)} if result.mlflow_url else {}),
        **rounded_figures(numbers),
        "ranking": table(
            {"model": line.model, "score": line.score, "interval": line.interval, "valid": line.valid,
             "seconds": line.seconds, "tokens": line.rate}
            for line in model_lines(content)
        ),
        "differences": table(
            {"": line.name, "mean": line.mean, "interval": line.interval, "p": line.p_value, "verdict": line.verdict}
            for line in lead_lines(content)
        ),
        "summary": dg.MetadataValue.md(render_survey_markdown(content)),
        **note_figures(result.notes),
        "path": dg.MetadataValue.path(result.path),
        "reused": result.reused,
    }  # fmt: skip


def _reasons(content: Mapping[str, Mapping[str, int]]) -> list[dict[str, object]]:
    return [{"reason": reason, "answers": count} for reason, count in content["failure_reasons"].items()]

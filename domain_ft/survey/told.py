"""A survey as MLflow keeps it: options as params, scores and speed as metrics, the answers as an artifact."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from domain_ft.registry.survey_runs import SurveyedRun, SurveyRecord
from domain_ft.registry.training_curve import figures

_OF_SURVEY = ("dataset_digest", "split", "n", "repeats", "prompt")
_OF_MODEL = ("model", "model_digest", "parameters", "quantization", "size_bytes")
_FIGURES = ("valid_share", "failures", "seconds", "tokens_per_second", "tokens_out", "memory_bytes")


def surveyed_run(content: Mapping[str, Any], items: Path) -> SurveyedRun:
    """A model's survey, by the content of its `survey.json`."""
    return SurveyedRun(
        content["model"],
        content["digest"],
        {**_params(content), **_named(content, _OF_MODEL)},
        _figures(content),
        items,
    )


def survey_record(
    content: Mapping[str, Any], runs: Sequence[SurveyedRun], board: Sequence[Path] = (), chosen: str | None = None
) -> SurveyRecord:
    """A survey of these models, by the content of one of them or of the leaderboard."""
    return SurveyRecord(content["content_digest"], content["dataset_digest"], _params(content), runs, board, chosen)


def _params(content: Mapping[str, Any]) -> dict[str, str]:
    options = {f"options.{name}": str(value) for name, value in content["options"].items()}
    return {**_named(content, _OF_SURVEY), **options}


def _named(content: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    return {name: str(content[name]) for name in names if content[name] is not None}


def _figures(content: Mapping[str, Any]) -> dict[str, float]:
    named: dict[str, Any] = {name: content[name] for name in _FIGURES}
    for metric in ("score", "legacy_score"):
        named |= {metric: content[metric]["mean"]}
        named |= {f"{metric}_{bound}": content[metric][bound] for bound in ("low", "high")}
    named |= {f"component/{name}": value for name, value in content["components"].items()}
    return figures(named)

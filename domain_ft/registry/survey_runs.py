"""A survey of models in MLflow: one parent run for its questions, with a child per model, found by tag.

A model's child is written once, by whoever comes first: its own survey, or the leaderboard. Nothing is registered.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain_ft.registry.runs import DATASET_TAG, RECORDED_TAG, find_run, log_metrics, log_params, set_tags, tagged_run
from domain_ft.registry.store import PREFIX, Registry, open_registry
from domain_ft.registry.sweep_runs import PARENT_TAG
from domain_ft.safe_text import masked
from domain_ft.store.home import Home

SURVEY_TAG = PREFIX + "survey"
SURVEYED_TAG = PREFIX + "surveyed_model"
CHOSEN_TAG = PREFIX + "chosen"


@dataclass(frozen=True)
class SurveyedRun:
    """What one model's survey came to."""

    name: str
    digest: str
    params: Mapping[str, str]
    figures: Mapping[str, float]
    """By names that MLflow accepts."""
    items: Path
    """The file of its answers."""


@dataclass(frozen=True)
class SurveyRecord:
    """A survey as far as it is known: its questions, and some of its models."""

    content: str
    """The digest of what is asked and how."""
    dataset: str
    params: Mapping[str, str]
    runs: Sequence[SurveyedRun]
    board: Sequence[Path] = ()
    """The files of its leaderboard."""
    chosen: str | None = None


@dataclass(frozen=True)
class SurveyPages:
    """Where a survey stands in MLflow: its own page, and that of each model's run by its digest."""

    survey: str
    runs: Mapping[str, str]


def record_survey(home: Home, domain: str, survey: SurveyRecord) -> SurveyPages:
    """Write what a survey has come to so far; told again, it adds only what is new."""
    with open_registry(home, domain) as registry:
        chosen = {CHOSEN_TAG: survey.chosen} if survey.chosen else {}
        tags = {DATASET_TAG: survey.dataset, **chosen}
        with tagged_run(registry, SURVEY_TAG, survey.content, tags, name=f"survey {survey.content}") as parent:
            log_params(registry, parent.run_id, survey.params)
            for file in survey.board:
                registry.client.log_artifact(parent.run_id, str(file))
            runs = {run.digest: _record(registry, survey, run, parent.run_id) for run in survey.runs}
        return SurveyPages(parent.url, runs)


def _record(registry: Registry, survey: SurveyRecord, surveyed: SurveyedRun, parent: str) -> str:
    """The page of a model's run, written where it is not there whole."""
    from mlflow.entities import Metric

    found = find_run(registry, SURVEYED_TAG, surveyed.digest)
    if found and registry.client.get_run(found.run_id).data.tags.get(RECORDED_TAG) == surveyed.digest:
        return found.url
    tags = {PARENT_TAG: parent, DATASET_TAG: survey.dataset}
    with tagged_run(registry, SURVEYED_TAG, surveyed.digest, tags, name=masked(surveyed.name)) as run:
        log_params(registry, run.run_id, surveyed.params)
        now = int(time.time() * 1000)
        log_metrics(registry, run.run_id, [Metric(key, value, now, 0) for key, value in surveyed.figures.items()])
        registry.client.log_artifact(run.run_id, str(surveyed.items))
        set_tags(registry, run.run_id, {RECORDED_TAG: surveyed.digest})
        return run.url

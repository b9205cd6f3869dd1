"""One model's survey: asked, scored, published; stopped at any answer it goes on from there.

It is named by its questions, by how they are asked and scored, and by the model's name and weights: what is asked of
the same model again was answered already, and a tag behind which another model stands by now is surveyed anew.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.progress import Progress, silent
from domain_ft.registry.survey_runs import record_survey
from domain_ft.registry.told import told
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import is_sound, point
from domain_ft.survey.answers import Row
from domain_ft.survey.candidate import find_candidate
from domain_ft.survey.figures import score_figures
from domain_ft.survey.model_survey import ITEMS, SURVEY, ModelSurvey, OnAnswer, alone_on_device
from domain_ft.survey.questions import Questions, content_digest, questions_of_dataset
from domain_ft.survey.settings import SurveySettings
from domain_ft.survey.told import survey_record, surveyed_run


@dataclass(frozen=True)
class SurveyedModel:
    """A model's published survey; `content` is that of `survey.json`, `rows` are its scored answers."""

    path: Path
    content: Mapping[str, Any]
    rows: tuple[Row, ...]
    reused: bool
    resumed: int = 0
    """Answers that an earlier run had kept."""
    mlflow_url: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """Its name in the settings."""
        return str(self.content["model"])

    def as_json(self) -> dict[str, Any]:
        """The content, where it lies, and what came of telling MLflow."""
        own = {"path": str(self.path), "reused": self.reused, "resumed": self.resumed}
        return {**self.content, **own, "mlflow_url": self.mlflow_url, "notes": list(self.notes)}


def survey_model(
    settings: SurveySettings,
    score: ScoreSettings,
    home: Home,
    domain: str,
    dataset: Path,
    model: str,
    *,
    progress: Progress = silent,
    on_answer: OnAnswer | None = None,
) -> SurveyedModel:
    """Ask a model about a published dataset's split, and score what it says.

    GeneratorUnavailableError where no server answers, or it does not have the model: what was answered is kept.
    `on_answer` gets score, valid, seconds and tokens_per_second of each answer; its score is that beside the answers so
    far.
    """
    questions = questions_of_dataset(dataset, settings)
    return survey_questions(settings, score, home, domain, questions, model, progress=progress, on_answer=on_answer)


def survey_questions(
    settings: SurveySettings,
    score: ScoreSettings,
    home: Home,
    domain: str,
    questions: Questions,
    model: str,
    *,
    progress: Progress = silent,
    on_answer: OnAnswer | None = None,
) -> SurveyedModel:
    """Ask a model some questions, and score what it says; as `survey_model`."""
    candidate = find_candidate(model, settings, home, progress)
    content = content_digest(questions, settings, score)
    digest = short(sha256_json([content, model, candidate.digest]))
    target = home.model_surveys(domain) / digest
    reused, resumed = is_sound(target), 0
    if not reused:
        survey = ModelSurvey(settings, score, questions, candidate, content, digest, progress, on_answer)
        with alone_on_device(candidate, home, domain, progress):
            resumed = survey.run(home.answering(domain) / digest, target)
    point(surveyed_link(home, domain, content, model), digest)
    found = read_survey(target, questions, settings.confidence)
    record = survey_record(found.content, [surveyed_run(found.content, target / ITEMS)])
    answer = told(lambda: record_survey(home, domain, record).runs[digest])
    return SurveyedModel(target, found.content, found.rows, reused, resumed, answer.url, answer.notes)


def read_survey(folder: Path, questions: Questions, confidence: float) -> SurveyedModel:
    """A published survey of these questions, its intervals of this level."""
    rows = [json.loads(line) for line in (folder / ITEMS).read_bytes().split(b"\n") if line]
    content = json.loads((folder / SURVEY).read_bytes()) | score_figures(rows, questions.asked, confidence)
    return SurveyedModel(folder, content, tuple(rows), reused=True)


def surveyed_link(home: Home, domain: str, content: str, model: str) -> Path:
    """The pointer to what a model has last answered to the questions of that digest."""
    return home.model_surveys(domain) / f"{content}-{short(sha256_json(model))}"

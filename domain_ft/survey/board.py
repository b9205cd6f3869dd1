"""The leaderboard of a survey: all models that were asked the same questions in the same way, ranked, published."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.benchmark_file import MARKDOWN, REPORT
from domain_ft.evaluation.published_ranking import PublishedRanking
from domain_ft.evaluation.report.survey import render_survey_html, render_survey_markdown
from domain_ft.progress import Progress, silent
from domain_ft.registry.survey_runs import record_survey
from domain_ft.registry.told import told
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import (
    is_published,
    point,
    pointed,
    publish_folder,
    read_manifest,
    verify_folder,
    write_json,
)
from domain_ft.survey.content import BOARD_VERSION, BoardCase, MissingModel, board_content
from domain_ft.survey.model_survey import ITEMS
from domain_ft.survey.one import SurveyedModel, read_survey, surveyed_link
from domain_ft.survey.questions import Questions, content_digest, questions_of_dataset
from domain_ft.survey.settings import SurveySettings
from domain_ft.survey.told import survey_record, surveyed_run

BOARD = "leaderboard.json"


class Leaderboard(PublishedRanking):
    """A published leaderboard; `content` is that of `leaderboard.json`."""


def build_leaderboard(
    settings: SurveySettings,
    score: ScoreSettings,
    home: Home,
    domain: str,
    dataset: Path,
    *,
    progress: Progress = silent,
) -> Leaderboard:
    """Rank those of the settings' models that were surveyed on a published dataset, asked in this way.

    DomainFtError where none was. It registers and promotes nothing.
    """
    return rank_surveyed(settings, score, home, domain, questions_of_dataset(dataset, settings), progress=progress)


def rank_surveyed(
    settings: SurveySettings,
    score: ScoreSettings,
    home: Home,
    domain: str,
    questions: Questions,
    *,
    progress: Progress = silent,
) -> Leaderboard:
    """Rank those of the settings' models that were asked these questions; as `build_leaderboard`."""
    progress("leaderboard", 0, 2)
    case = _case(settings, score, home, domain, questions)
    target = home.surveys(domain) / case.digest
    reused = is_published(target)
    if not reused:
        content = board_content(case)
        progress("leaderboard", 1, 2)
        publish_folder(target, lambda folder: _write(folder, content))
    point(target.parent / "current", case.digest)
    verify_folder(target)
    content = json.loads((target / BOARD).read_bytes())
    runs = [surveyed_run(each.content, each.path / ITEMS) for each in case.surveyed]
    files = [target / name for name in (BOARD, REPORT, MARKDOWN)]
    record = survey_record(content, runs, files, content["choice"]["model"])
    answer = told(lambda: record_survey(home, domain, record).survey)
    progress("leaderboard", 2, 2)
    return Leaderboard(target, content, reused, answer.url, (*content["notes"], *answer.notes))


def _case(settings: SurveySettings, score: ScoreSettings, home: Home, domain: str, questions: Questions) -> BoardCase:
    content = content_digest(questions, settings, score)
    surveyed, missing = list[SurveyedModel](), list[MissingModel]()
    for model in settings.models:
        folder = pointed(surveyed_link(home, domain, content, model))
        if folder is None:
            missing.append(MissingModel(model, _why_not(home, domain, model)))
        else:
            verify_folder(folder)
            surveyed.append(read_survey(folder, questions, settings.confidence))
    if not surveyed:
        reasons = "; ".join(f"{each.model}: {each.why}" for each in missing) or "the survey names no models"
        raise DomainFtError(f"nothing to compare ({reasons}); run domain-ft survey, or materialize its model_survey")
    made_of = [
        BOARD_VERSION,
        content,
        [each.content["digest"] for each in surveyed],
        [asdict(each) for each in missing],
        settings.choice.model_dump(mode="json"),
        settings.confidence,
    ]
    return BoardCase(domain, content, short(sha256_json(made_of)), settings, score, questions, surveyed, missing)


def _why_not(home: Home, domain: str, model: str) -> str:
    others = sum(manifest.get("model") == model for manifest in _manifests(home.model_surveys(domain)))
    return "surveyed, but asked about other records or in another way" if others else "not surveyed yet"


def _manifests(parent: Path) -> Iterator[dict[str, Any]]:
    for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
        if is_published(folder) and not folder.is_symlink():
            yield read_manifest(folder)


def _write(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    write_json(folder / BOARD, content)
    (folder / REPORT).write_text(render_survey_html(content), encoding="utf-8")
    (folder / MARKDOWN).write_text(render_survey_markdown(content), encoding="utf-8")
    keys = ("kind", "digest", "content_digest", "created_at", "dataset_digest", "split", "best", "headline")
    return {key: content[key] for key in keys}

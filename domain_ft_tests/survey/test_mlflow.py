"""A survey in a real MLflow: a run for its questions, one below it per model, each written once."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain_ft.registry.store import open_registry
from domain_ft.store.home import Home
from domain_ft.survey.board import Leaderboard, build_leaderboard
from domain_ft.survey.one import SurveyedModel, survey_model
from domain_ft_tests.llm.server import OllamaServer
from domain_ft_tests.registry.conftest import empty_store, world
from domain_ft_tests.survey.conftest import DOMAIN, SCORE, chosen_settings

__all__ = ["empty_store", "world"]
SETTINGS = chosen_settings(limit=2)


def survey(home: Home, dataset: Path) -> tuple[list[SurveyedModel], Leaderboard]:
    surveyed = [survey_model(SETTINGS, SCORE, home, DOMAIN, dataset, model) for model in SETTINGS.models]
    return surveyed, build_leaderboard(SETTINGS, SCORE, home, DOMAIN, dataset)


def runs(home: Home) -> list[Any]:
    with open_registry(home, DOMAIN) as registry:
        return list(registry.client.search_runs([registry.experiment_id], order_by=["start_time ASC"]))


def test_a_run_per_model_stands_below_that_of_the_survey(world: Home, dataset: Path, server: OllamaServer) -> None:
    surveyed, board = survey(world, dataset)
    parent, *children = runs(world)
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parent.info.run_id}
    assert [run.info.status for run in (parent, *children)] == ["FINISHED"] * 3
    pages = [each.mlflow_url for each in (board, *surveyed)]
    assert [str(page).rpartition("/")[2] for page in pages] == [run.info.run_id for run in (parent, *children)]
    assert parent.data.tags["domain_ft.chosen"] == "good:1b"
    with open_registry(world, DOMAIN) as registry:
        files = {each.path for each in registry.client.list_artifacts(parent.info.run_id)}
        items = registry.client.download_artifacts(children[0].info.run_id, "items.jsonl")
    assert files == {"leaderboard.json", "report.html", "report.md"}
    assert len(Path(items).read_text().splitlines()) == 2


def test_options_are_params_and_figures_are_metrics(world: Home, dataset: Path, server: OllamaServer) -> None:
    surveyed, _ = survey(world, dataset)
    _, good, poor = runs(world)
    assert good.data.params["model"] == "good:1b"
    assert good.data.params["model_digest"] == server.digest("good:1b")
    assert good.data.params["options.seed"] == "42"
    assert poor.data.metrics["score"] == pytest.approx(surveyed[1].content["score"]["mean"])
    assert poor.data.metrics["component/parses"] == 0.5
    assert good.data.metrics["tokens_per_second"] > 0


def test_told_again_nothing_stands_there_twice(world: Home, dataset: Path, server: OllamaServer) -> None:
    survey(world, dataset)
    first = runs(world)
    survey(world, dataset)
    assert [run.info.run_id for run in runs(world)] == [run.info.run_id for run in first]


def test_without_mlflow_the_survey_is_done_and_says_so(
    home: Home, dataset: Path, server: OllamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    surveyed = survey_model(SETTINGS, SCORE, home, DOMAIN, dataset, "good:1b")
    assert json.loads((surveyed.path / "survey.json").read_text())["model"] == "good:1b"
    assert surveyed.mlflow_url is None
    assert "MLflow was not told" in surveyed.notes[0]

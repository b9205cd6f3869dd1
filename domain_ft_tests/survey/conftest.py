"""A dataset of grammar-made records, a server with models of different quality, and an MLflow that is not asked."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from domain_ft.json_text import plain_json
from domain_ft.registry.told import Told
from domain_ft.requirements.dataset import MADE_FROM
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder
from domain_ft.survey import board, one
from domain_ft.survey.one import SurveyedModel, survey_model
from domain_ft.survey.settings import SurveySettings
from domain_ft_tests.llm.scripted import knowing, made_records
from domain_ft_tests.llm.server import OllamaServer, serving_here

DOMAIN = "requirements"
RECORDS = made_records(36)
TRAIN, VALIDATION = RECORDS[:30], RECORDS[30:]
SCORE = ScoreSettings()


def publish_dataset(
    home: Home, digest: str = "d" * 12, validation: list[dict[str, Any]] = VALIDATION, score: ScoreSettings = SCORE
) -> Path:
    """A dataset as the domain publishes it."""

    def write(folder: Path) -> dict[str, Any]:
        for name, records in (("train", TRAIN), ("validation", validation), ("test", TRAIN[:1])):
            lines = "".join(f"{plain_json(record)}\n" for record in records)
            (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
        return {"digest": digest, "made_from": MADE_FROM, "settings": {"score": score.model_dump(mode="json")}}

    return publish_folder(home.fixed(DOMAIN) / digest, write)


@pytest.fixture
def dataset(home: Home) -> Path:
    return publish_dataset(home)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OllamaServer]:
    """A server with a model that answers well, and one that answers every second question with prose."""
    models = {"good:1b": knowing(VALIDATION), "poor:1b": knowing(VALIDATION, prose=2, short_ids=3)}
    with serving_here(OllamaServer(models=models, tokens_at_once=50), monkeypatch) as said:
        yield said


@pytest.fixture
def without_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow takes seconds, and is looked at by tests of its own."""
    for module in (one, board):
        monkeypatch.setattr(module, "told", lambda record: Told())


Ask = Callable[..., SurveyedModel]


@pytest.fixture
def ask(home: Home, dataset: Path, server: OllamaServer, without_mlflow: None) -> Ask:
    """Surveys a model; keywords are settings."""

    def asked(model: str = "good:1b", *, folder: Path = dataset, on_answer: Any = None, **settings: Any) -> Any:
        chosen = chosen_settings(**settings)
        return survey_model(chosen, SCORE, home, DOMAIN, folder, model, on_answer=on_answer)

    return asked


def chosen_settings(**settings: Any) -> SurveySettings:
    """Settings with a server that is not tried again, for a test need not wait."""
    ollama = {"retries": 0, **settings.pop("ollama", {})}
    return SurveySettings.model_validate({"models": ("good:1b", "poor:1b"), **settings, "ollama": ollama})


def questions_asked(server: OllamaServer) -> list[str]:
    """What was asked, question by question."""
    return [body["messages"][-1]["content"] for body in server.bodies("/api/chat")]

"""Which MLflow is used, and that its pages carry no credential."""

from pathlib import Path

import pytest

from domain_ft.registry.address import is_server, model_url, run_url, tracking_uri
from domain_ft.store.home import Home

HOME = Home(Path("/world"))


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "DOMAIN_FT_MLFLOW_UI"):
        monkeypatch.delenv(name, raising=False)


def test_store_lies_under_the_state_root_by_absolute_path() -> None:
    assert tracking_uri(HOME) == "sqlite:////world/.state/mlflow.db"


def test_environment_points_to_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    assert tracking_uri(HOME) == "http://mlflow:5000"


@pytest.mark.parametrize(
    ("uri", "server"),
    [
        ("http://mlflow:5000", True),
        ("https://mlflow", True),
        ("databricks", True),
        ("sqlite:////world/mlflow.db", False),
        ("postgresql+psycopg2://host/mlflow", False),
    ],
)
def test_databases_are_ours_to_migrate_and_servers_are_not(uri: str, server: bool) -> None:
    assert is_server(uri) is server


def test_pages_are_those_of_the_local_ui() -> None:
    assert run_url(HOME, "1", "abc") == "http://127.0.0.1:5000/#/experiments/1/runs/abc"
    assert model_url(HOME, "domain_ft-x") == "http://127.0.0.1:5000/#/models/domain_ft-x"


def test_pages_are_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOMAIN_FT_MLFLOW_UI", "http://localhost:5001/")
    assert run_url(HOME, "1", "abc") == "http://localhost:5001/#/experiments/1/runs/abc"


def test_pages_of_a_server_carry_no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://user:secret@mlflow.example")
    assert run_url(HOME, "1", "abc") == "https://mlflow.example/#/experiments/1/runs/abc"

"""`make survey-demo` says whom it asks: a server that answers, or the stand-in in its place."""

import json

import pytest

from domain_ft.llm.ollama import HOST_VARIABLE
from domain_ft.store.home import Home
from domain_ft_tests.llm.scripted import constant
from domain_ft_tests.llm.server import OllamaServer
from domain_ft_tests.survey import demo
from domain_ft_tests.survey.conftest import DOMAIN

pytestmark = pytest.mark.usefixtures("without_mlflow")


@pytest.fixture(autouse=True)
def no_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["demo"])


def ran(home: Home) -> list[str]:
    """The models on the leaderboard that the demo has published, the best first."""
    with pytest.raises(SystemExit) as ended:
        demo.run_demo(home)
    assert not ended.value.code
    board = json.loads((home.surveys(DOMAIN) / "current" / "leaderboard.json").read_text())
    return [each["model"] for each in board["results"]]


def test_a_server_that_answers_is_asked_for_its_smallest_models(
    home: Home, server: OllamaServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.models = dict.fromkeys(("a:1b", "b:1b", "c:1b", "large:70b"), constant("no"))
    server.sizes["large:70b"] = 10**11
    assert sorted(ran(home)) == ["a:1b", "b:1b", "c:1b"]
    assert f"REAL OLLAMA: asks a:1b, b:1b, c:1b at {server.address}." in capsys.readouterr().out


def test_without_a_server_models_of_different_worth_stand_in(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOST_VARIABLE, "127.0.0.1:9")
    assert ran(home) == [demo.CAREFUL, demo.HASTY, demo.UNTAUGHT]
    said = capsys.readouterr().out
    assert "no Ollama answers at http://127.0.0.1:9" in said
    assert "STAND-IN: a server in this process answers" in said

"""`domain-ft survey`: what scripts and people get, and how it ends where something is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain_ft.cli import main
from domain_ft.domains import find_domain
from domain_ft.llm.ollama import HOST_VARIABLE
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.home import Home
from domain_ft.store.publish import point
from domain_ft_tests.llm.scripted import knowing
from domain_ft_tests.llm.server import OllamaServer
from domain_ft_tests.survey.conftest import DOMAIN, VALIDATION, publish_dataset

pytestmark = pytest.mark.usefixtures("home", "without_mlflow")
MODELS = ("--models", "good:1b", "--models", "poor:1b")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    path.write_text("".join(f"{json.dumps(record)}\n" for record in VALIDATION))
    return path


def ended(*arguments: object) -> int:
    with pytest.raises(SystemExit) as exited:
        main(["survey", *map(str, arguments)])
    return int(exited.value.code or 0)


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, Any]:
    """Exit code and JSON of stdout."""
    code = ended(*arguments, "--json")
    return code, json.loads(capsys.readouterr().out)


def test_a_file_of_records_is_surveyed(server: OllamaServer, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, report = printed(capsys, *MODELS, "--dataset", file, "--limit", 4)
    assert (code, report["failures"]) == (0, {})
    assert [(each["model"], each["n"]) for each in report["results"]] == [("good:1b", 4), ("poor:1b", 4)]
    assert report["choice"]["model"] == "good:1b"
    assert Path(report["report"]).is_file()
    assert Path(report["path"]).is_dir()


def test_the_newest_dataset_is_asked_about_where_none_is_named(
    server: OllamaServer, home: Home, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    point(home.fixed(DOMAIN) / "current", dataset.name)
    _, report = printed(capsys, *MODELS)
    assert (report["dataset_digest"], report["split"], report["n"]) == ("d" * 12, "validation", len(VALIDATION))
    assert printed(capsys, *MODELS, "--dataset", dataset)[1]["digest"] == report["digest"]


def test_answers_are_scored_as_the_records_of_the_dataset_were(
    server: OllamaServer, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    form_alone = ScoreSettings.model_validate({"weights": {"grounding": 0, "originality": 0}})
    usual, other = publish_dataset(home), publish_dataset(home, "e" * 12, score=form_alone)
    reports = [printed(capsys, *MODELS, "--limit", 3, "--dataset", folder)[1] for folder in (usual, other)]
    assert reports[1]["score_settings"] == form_alone.model_dump(mode="json")
    constant = [report["baselines"][0]["score"]["mean"] for report in reports]
    assert constant[0] < constant[1] == pytest.approx(1)


def test_a_person_gets_tables_and_the_reason(
    server: OllamaServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.faults.failing = 3
    assert ended("--models", "poor:1b", "--dataset", file, "--set", "ollama.retries=0") == 0
    said = " ".join(capsys.readouterr().out.split())
    for part in ("models on 6 of 6 records", "grounding", "copied", "gold", "No base model is chosen", "report: /"):
        assert part in said
    assert "poor:1b: no answer came 3 times: poor:1b: the server failed" in said


@pytest.mark.parametrize(
    ("option", "changed"),
    [
        (("--repeats", "2"), {"repeats": 2}),
        (("--set", "options.temperature=0.5"), {"options": {"temperature": 0.5}}),
        (("--set", "options.stop=[END,STOP]"), {"options": {"stop": ["END", "STOP"]}}),
        (("--set", "choice.among_equals=smaller"), {"rule": {"among_equals": "smaller"}}),
        (("--set", "confidence=0.9"), {"confidence": 0.9}),
    ],
)
def test_what_is_typed_takes_effect(
    server: OllamaServer, file: Path, capsys: pytest.CaptureFixture[str], option: Any, changed: dict[str, Any]
) -> None:
    _, report = printed(capsys, "--models", "good:1b", "--dataset", file, "--limit", 1, *option)
    for name, value in changed.items():
        if isinstance(value, dict):
            assert {key: report[name][key] for key in value} == value
        else:
            assert report[name] == value


def test_a_model_that_fails_holds_up_no_other_and_the_exit_code_says_so(
    server: OllamaServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = printed(capsys, "--models", "nobody:1b", *MODELS, "--dataset", file, "--limit", 1)
    assert code == 1
    assert "ollama pull nobody:1b" in report["failures"]["nobody:1b"]
    assert [each["model"] for each in report["results"]] == ["good:1b", "poor:1b"]


def test_without_a_server_it_is_said_once_for_all_models(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOST_VARIABLE, "127.0.0.1:9")
    assert ended(*MODELS, "--models", "other:1b", "--dataset", file) == 1
    said = capsys.readouterr()
    assert (said.out + said.err).count("ollama serve") == 2  # as it happened, and as why it ends


def test_a_file_of_records_is_scored_as_the_yaml_says(
    server: OllamaServer, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = find_domain(DOMAIN).with_overrides({"dataset.score.weights.grounding": 0})
    monkeypatch.setattr("domain_ft.commands.options.find_domain", lambda name: domain)
    _, report = printed(capsys, "--models", "good:1b", "--dataset", file, "--limit", 1)
    assert report["score_settings"]["weights"]["grounding"] == 0


def test_an_interrupted_survey_goes_on(server: OllamaServer, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = knowing(VALIDATION)

    def interrupted(*asked: Any) -> str:
        if len(server.bodies("/api/chat")) == 2:
            del server.models["good:1b"]
        return known(*asked)

    server.models["good:1b"] = interrupted
    code, report = printed(capsys, "--models", "good:1b", "--dataset", file)
    assert (code, "what was answered is kept" in report["error"]) == (1, True)
    server.models["good:1b"] = known
    assert printed(capsys, "--models", "good:1b", "--dataset", file)[0] == 0
    assert len(server.bodies("/api/chat")) == len(VALIDATION) + 1


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--models", "two words"), 2, "--models: 'two words': is neither a tag of Ollama"),
        (("--models", "a", "--models", "a:latest"), 2, "--models: a:latest and a would both be called a"),
        (("--models", "a"), 2, "no dataset yet; run domain-ft dataset requirements, or name a file"),
        (("--models", "a", "--dataset", "nope.jsonl"), 2, "nope.jsonl: there is no such file"),
        (("--models", "a", "--dataset", "."), 2, ".: is no published dataset"),
        (("--models", "a", "--limit", "0"), 2, "--limit: input should be greater than or equal to 1; got 0"),
        (("--models", "a", "--set", "options.temp=1"), 2, "--set options.temp: no such setting"),
        (("--models", "a", "--set", "options=1"), 2, "--set options: "),
        (("--models", "a", "--set", "options=1", "--set", "options.seed=1"), 2, "options is given a value beside it"),
        (("--models", "a", "--set", "split=all"), 2, "--set split: input should be 'train', 'validation' or 'test'"),
        (("--models", "./nope", "--dataset", "{file}"), 2, "nope: there is no such folder"),
        (("--models", "a", "--dataset", "{file}"), 1, "no Ollama answers at http://127.0.0.1:9; start it"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    arguments: tuple[str, ...],
    code: int,
    sentence: str,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(HOST_VARIABLE, "127.0.0.1:9")
    got, report = printed(capsys, *(each.format(file=file) for each in arguments))
    assert (got, report["exit_code"]) == (code, code)
    assert sentence in report["error"]


def test_what_is_not_typed_is_as_the_domain_says(
    server: OllamaServer, home: Home, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its models, too: the server has none of those that ship, and the first is named."""
    code, report = printed(capsys, "--dataset", file)
    survey = find_domain(DOMAIN).section("survey")
    assert code == 1
    assert f"ollama pull {survey.model_dump()['models'][0]}" in report["error"]

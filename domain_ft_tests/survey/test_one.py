"""One model's survey: every question becomes a row, whatever happens, and nothing is asked twice."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.llm.ollama import HOST_VARIABLE
from domain_ft.llm.protocol import GeneratorUnavailableError
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder, read_manifest
from domain_ft.survey.one import SurveyedModel, survey_model, surveyed_link
from domain_ft_tests.llm.scripted import constant, knowing
from domain_ft_tests.llm.server import OllamaServer
from domain_ft_tests.llm.tiny_causal import make_tiny_causal
from domain_ft_tests.survey.conftest import (
    DOMAIN,
    SCORE,
    VALIDATION,
    Ask,
    chosen_settings,
    publish_dataset,
    questions_asked,
)

N = len(VALIDATION)


def failures(surveyed: SurveyedModel) -> dict[str, int]:
    found: dict[str, int] = surveyed.content["failure_reasons"]
    return found


def test_a_model_that_knows_the_answers_reaches_the_ceiling(ask: Ask) -> None:
    found = ask().content
    assert found["score"]["mean"] == pytest.approx(1)
    assert (found["valid_share"], found["failures"], found["done_reasons"]) == (1, 0, {"stop": N})


def test_it_is_asked_with_the_prompt_of_the_training(ask: Ask, server: OllamaServer) -> None:
    ask(limit=1)
    (body,) = server.bodies("/api/chat")
    assert [each["content"] for each in body["messages"]] == [
        each.content for each in DEFAULT_PROMPT.messages(VALIDATION[0]["concept"])
    ]
    assert not body.get("format")


def test_every_answer_is_a_line_with_all_that_is_known_of_it(ask: Ask, server: OllamaServer) -> None:
    surveyed = ask(limit=2)
    rows = [json.loads(line) for line in (surveyed.path / "items.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == [record["concept_id"] for record in VALIDATION[:2]]
    assert {"repeat", "answer", "score", "components", "mode", "parses", "seconds", "done_reason"} <= set(rows[0])
    assert rows[0]["tokens_per_second"] == rows[0]["tokens_out"] / 1.0
    assert rows[0]["memory_bytes"] == 1_000_000


def test_what_the_model_is_comes_from_the_server(ask: Ask, server: OllamaServer) -> None:
    server.details["good:1b"] = {"parameter_size": "1.2B", "quantization_level": "Q4_K_M"}
    found = ask(limit=1).content
    assert (found["model_digest"], found["parameters"], found["quantization"], found["size_bytes"]) == (
        server.digest("good:1b"), "1.2B", "Q4_K_M", 1_000_000,
    )  # fmt: skip


def test_answers_of_no_use_are_scored_and_counted(ask: Ask) -> None:
    found = ask("poor:1b").content
    assert found["valid_share"] == 0.5
    assert found["components"]["parses"] == 0.5
    assert found["score"]["mean"] < 0.6
    assert found["failures"] == 0


def test_the_same_answer_to_every_concept_loses_its_originality(ask: Ask, server: OllamaServer) -> None:
    text = knowing(VALIDATION)([{"content": f"\n\n{VALIDATION[0]['concept']}\n\n"}], {}, None)
    server.models["same:1b"] = constant(text)
    found = ask("same:1b").content
    assert found["components"]["originality"] == 0
    assert found["valid_share"] == 1


def test_a_failing_answer_is_a_row_with_its_reason_and_counts_as_nothing(ask: Ask, server: OllamaServer) -> None:
    server.faults.failing = 2
    surveyed = ask()
    assert [(row["score"], row["mode"]) for row in surveyed.rows[:2]] == [(0, "none")] * 2
    assert sum(failures(surveyed).values()) == surveyed.content["failures"] == 2
    assert "llama runner process has terminated" in next(iter(failures(surveyed)))
    assert surveyed.content["score"]["mean"] == pytest.approx((N - 2) / N)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("garbled", "the server's answer cannot be read"),
        ("erring", "out of memory"),
        ("cut_off", "the answer broke off"),
    ],
)
def test_a_broken_stream_is_a_row(ask: Ask, server: OllamaServer, fault: str, reason: str) -> None:
    setattr(server.faults, fault, 1)
    (said,) = failures(ask(limit=2))
    assert reason in said


def test_an_answer_that_hangs_is_a_row_with_the_time_that_it_took(ask: Ask, server: OllamaServer) -> None:
    server.faults.slow_s = 5
    surveyed = ask(limit=1, ollama={"timeout_s": 0.2})
    (said,) = failures(surveyed)
    assert "no whole answer within 0.2 s" in said
    assert surveyed.rows[0]["seconds"] >= 0.2


def test_an_answer_that_was_cut_off_by_its_length_says_so(ask: Ask) -> None:
    found = ask(options={"num_predict": 5}).content
    assert found["done_reasons"] == {"length": N}
    assert found["valid_share"] < 1


def test_only_the_first_records_are_asked_about(ask: Ask, server: OllamaServer) -> None:
    assert ask(limit=3).content["n"] == 3
    assert len(questions_asked(server)) == 3


def test_repeats_are_drawn_with_seeds_of_their_own_and_averaged(ask: Ask, server: OllamaServer) -> None:
    known, times = knowing(VALIDATION), dict[str, int]()

    def moody(messages: Any, options: Any, form: Any) -> str:
        return known(messages, options, form) if options["seed"] == 7 else "no"

    server.models["moody:1b"] = moody
    surveyed = ask("moody:1b", repeats=2, options={"seed": 7})
    for body in server.bodies("/api/chat"):
        times[body["options"]["seed"]] = times.get(body["options"]["seed"], 0) + 1
    assert times == {7: N, 8: N}
    assert (surveyed.content["n"], surveyed.content["answers"]) == (N, 2 * N)
    assert surveyed.content["score"]["mean"] == pytest.approx(0.5)
    assert surveyed.content["score"]["n"] == N


def test_each_answer_is_told_with_its_figures(ask: Ask) -> None:
    told: list[Any] = []
    ask(limit=2, on_answer=told.append)
    assert [(each["score"], each["valid"]) for each in told] == [(1, 1)] * 2
    assert all(each["tokens_per_second"] > 0 and each["seconds"] > 0 for each in told)


def test_the_same_again_is_not_asked_again(ask: Ask, server: OllamaServer) -> None:
    first = ask()
    again = ask()
    assert (again.reused, again.path, again.content) == (True, first.path, first.content)
    assert len(questions_asked(server)) == N


def test_another_model_behind_the_same_tag_is_surveyed_anew(ask: Ask, server: OllamaServer) -> None:
    first = ask(limit=1)
    server.digests["good:1b"] = "f" * 64
    again = ask(limit=1)
    assert not again.reused
    assert again.path != first.path
    assert again.content["model_digest"] == "f" * 64


def test_a_model_that_is_replaced_while_it_is_asked_is_not_published(
    ask: Ask, server: OllamaServer, home: Home
) -> None:
    def replaced(messages: Any, options: Any, form: Any) -> str:
        server.digests["good:1b"] = "f" * 64
        return "no"

    server.models["good:1b"] = replaced
    with pytest.raises(DomainFtError, match="good:1b: was replaced while it was asked"):
        ask()
    assert not home.model_surveys(DOMAIN).exists()
    del server.digests["good:1b"]
    server.models["good:1b"] = knowing(VALIDATION)
    assert ask().resumed == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"limit": 1},
        {"split": "train"},
        {"repeats": 2},
        {"options": {"temperature": 0.5}},
        {"ollama": {"timeout_s": 7.0}},
    ],
)
def test_whatever_an_answer_or_its_score_depends_on_makes_another_survey(
    ask: Ask, server: OllamaServer, changed: dict[str, Any]
) -> None:
    server.models["same:1b"] = constant("no")
    first = ask("same:1b", limit=2)
    again = ask("same:1b", **{"limit": 2, **changed})
    assert again.content["content_digest"] != first.content["content_digest"]


def test_another_dataset_or_another_way_to_score_makes_another_survey(
    ask: Ask, home: Home, dataset: Path, without_mlflow: None
) -> None:
    first = ask(limit=1)
    other = ask(limit=1, folder=publish_dataset(home, "e" * 12))
    weights = ScoreSettings.model_validate({"weights": {"grounding": 0.5}})
    scored = survey_model(chosen_settings(limit=1), weights, home, DOMAIN, dataset, "good:1b")
    assert len({each.content["content_digest"] for each in (first, other, scored)}) == 3


def test_a_survey_that_was_altered_is_made_again(ask: Ask) -> None:
    path = ask(limit=1).path
    (path / "items.jsonl").write_text("")
    assert not ask(limit=1).reused
    assert (path / "items.jsonl").read_text()


def test_the_manifest_tells_what_was_asked_of_whom(ask: Ask) -> None:
    surveyed = ask(limit=1)
    manifest = read_manifest(surveyed.path)
    assert (manifest["model"], manifest["split"], manifest["dataset_digest"]) == ("good:1b", "validation", "d" * 12)


def test_a_model_that_is_not_there_is_a_sentence_with_its_mend(ask: Ask) -> None:
    with pytest.raises(GeneratorUnavailableError, match=r"other:3b: the server .* run: ollama pull other:3b"):
        ask("other:3b")


def test_a_model_is_fetched_where_that_is_allowed(ask: Ask, server: OllamaServer, home: Home, dataset: Path) -> None:
    server.registry["other:3b"] = knowing(VALIDATION)
    seen: list[tuple[str, int, int | None]] = []
    settings = chosen_settings(limit=1, ollama={"allow_pull": True})
    found = survey_model(
        settings,
        SCORE,
        home,
        DOMAIN,
        dataset,
        "other:3b",
        progress=lambda *told: seen.append(told),  # type: ignore[arg-type]
    )
    assert found.content["score"]["mean"] == pytest.approx(1)
    assert ("pull other:3b", 500, 1000) in seen
    assert ("ask other:3b", 1, 1) in seen


def test_without_a_server_the_sentence_says_how_to_start_one(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOST_VARIABLE, "127.0.0.1:9")
    with pytest.raises(GeneratorUnavailableError, match=r"no Ollama answers at http://127\.0\.0\.1:9; start it"):
        ask()


def test_where_the_model_goes_away_what_was_answered_is_kept(ask: Ask, server: OllamaServer) -> None:
    known = server.models["good:1b"]

    def leaving(messages: Any, options: Any, form: Any) -> str:
        if len(questions_asked(server)) == 3:
            del server.models["good:1b"]
        return known(messages, options, form)

    server.models["good:1b"] = leaving
    with pytest.raises(GeneratorUnavailableError, match="what was answered is kept"):
        ask()
    server.models["good:1b"] = known
    assert ask().resumed == 3
    assert len(set(questions_asked(server))) == N


KILLED = """
import sys
from pathlib import Path
from domain_ft.registry.told import Told
from domain_ft.store.home import Home
from domain_ft.survey import one
from domain_ft_tests.survey.conftest import DOMAIN, SCORE, chosen_settings
one.told = lambda record: Told()
one.survey_model(chosen_settings(), SCORE, Home(Path(sys.argv[1])), DOMAIN, Path(sys.argv[2]), "good:1b")
"""


def test_killed_at_any_answer_none_is_lost_and_none_asked_for_twice(
    ask: Ask, server: OllamaServer, home: Home, dataset: Path
) -> None:
    server.faults.slow_s = 0.05
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(home.root), str(dataset)], env=dict(os.environ))
    until = time.monotonic() + 60
    while (kept := _lines(home)) < 3:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = _lines(home)
    server.faults.slow_s = 0
    asked = len(questions_asked(server))
    surveyed = ask()
    assert surveyed.resumed == kept
    assert len(questions_asked(server)) - asked == N - kept
    assert surveyed.content["score"]["mean"] == pytest.approx(1)
    assert not list(home.answering(DOMAIN).iterdir())


def _lines(home: Home) -> int:
    return sum(file.read_bytes().count(b"\n") for file in home.answering(DOMAIN).glob("*/*.jsonl"))


def test_a_local_model_is_surveyed_as_any_other(home: Home, dataset: Path, without_mlflow: None) -> None:
    make_tiny_causal(home.root / "models" / "tiny", positions=2048)
    settings = chosen_settings(models=("./models/tiny",), limit=2, options={"num_predict": 8}, device="cpu")
    found = survey_model(settings, SCORE, home, DOMAIN, dataset, "./models/tiny").content
    assert (found["valid_share"], found["done_reasons"]) == (0, {"length": 2})
    assert found["quantization"] == "F32"
    assert found["memory_bytes"] > 0
    assert found["tokens_per_second"] > 0
    assert survey_model(settings, SCORE, home, DOMAIN, dataset, "./models/tiny").reused


def test_a_folder_that_is_not_there_is_refused(home: Home, dataset: Path) -> None:
    with pytest.raises(InputError, match=r"\./nope: there is no such folder"):
        survey_model(chosen_settings(), SCORE, home, DOMAIN, dataset, "./nope")


def test_a_device_that_is_not_there_is_refused(home: Home, dataset: Path) -> None:
    (home.root / "tiny").mkdir()
    with pytest.raises(InputError, match="device: cuda:97 is asked for"):
        survey_model(chosen_settings(device="cuda:97"), SCORE, home, DOMAIN, dataset, "./tiny")


def test_folders_of_one_name_are_not_taken_for_each_other(home: Home) -> None:
    assert surveyed_link(home, DOMAIN, "c", "./a/tiny") != surveyed_link(home, DOMAIN, "c", "./b/tiny")


def test_a_dataset_of_another_kind_is_refused(home: Home, tmp_path: Path) -> None:
    def write(folder: Path) -> dict[str, Any]:
        return {"digest": "x", "made_from": "pairs"}

    folder = publish_folder(tmp_path / "pairs", write)
    with pytest.raises(InputError, match="is no dataset of requirements"):
        survey_model(chosen_settings(), SCORE, home, DOMAIN, folder, "good:1b")

"""The leaderboard: who is on it, in which order, what is more than chance, and what is published."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import DomainFtError
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed
from domain_ft.survey.board import Leaderboard, build_leaderboard
from domain_ft_tests.llm.scripted import knowing
from domain_ft_tests.llm.server import OllamaServer
from domain_ft_tests.survey.conftest import DOMAIN, SCORE, VALIDATION, Ask, chosen_settings, publish_dataset


@pytest.fixture
def rank(home: Home, dataset: Path, without_mlflow: None) -> Any:
    """Ranks what was surveyed; keywords are settings."""

    def ranked(*, folder: Path = dataset, score: ScoreSettings = SCORE, **settings: Any) -> Leaderboard:
        return build_leaderboard(chosen_settings(**settings), score, home, DOMAIN, folder)

    return ranked


@pytest.fixture
def both(ask: Ask) -> None:
    for model in ("good:1b", "poor:1b"):
        ask(model)


def test_the_best_stands_first_and_is_chosen_with_its_reason(both: None, rank: Any) -> None:
    content = rank().content
    assert [each["model"] for each in content["results"]] == ["good:1b", "poor:1b"]
    assert content["choice"]["model"] == content["best"] == "good:1b"
    assert content["headline"].startswith(
        "good:1b is chosen: it scores 1.000, and alone has 80 % valid answers or more."
    )


def test_each_result_has_what_scripts_rely_on(both: None, rank: Any) -> None:
    report = rank().as_json()
    keys = {"model", "n", "score", "components", "valid_share", "legacy_score", "seconds", "tokens_per_second"}
    for each in report["results"]:
        assert keys | {"memory_bytes", "done_reasons", "failures"} <= set(each)
        assert set(each["score"]) >= {"mean", "low", "high"}
    assert {"choice", "pareto", "differences", "report", "path"} <= set(report)


def test_the_figures_are_those_of_the_single_surveys(ask: Ask, both: None, rank: Any) -> None:
    for each in rank().content["results"]:
        alone = ask(each["model"]).content
        assert {name: alone[name] for name in each} == each


def test_the_differences_to_the_best_are_judged_with_what_takes_no_model(both: None, rank: Any) -> None:
    rows = rank().content["differences"]
    assert [(row["model"], row["reference"], row["kind"]) for row in rows] == [
        ("good:1b", "poor:1b", "model"),
        ("good:1b", "constant", "baseline"),
        ("good:1b", "copied", "baseline"),
    ]
    assert all(row["p_holm"] >= row["p_value"] for row in rows)
    assert rows[0]["low"] < rows[0]["mean"] < rows[0]["high"]


def test_arms_without_a_model_stand_beside(both: None, rank: Any) -> None:
    arms = {each["arm"]: each["score"]["mean"] for each in rank().content["baselines"]}
    assert list(arms) == ["constant", "copied", "gold"]
    assert arms["gold"] == pytest.approx(1)


def test_who_is_faster_and_no_better_is_on_the_front(ask: Ask, server: OllamaServer, rank: Any) -> None:
    server.timed = True
    server.models["slow:1b"] = knowing(VALIDATION, words_per_second=4000)
    server.models["fast:1b"] = knowing(VALIDATION, prose=2)
    server.models["worst:1b"] = knowing(VALIDATION, prose=1, words_per_second=40)
    for model in ("slow:1b", "fast:1b", "worst:1b"):
        ask(model, limit=2)
    fronts = rank(models=("slow:1b", "fast:1b", "worst:1b"), limit=2).content["pareto"]
    assert fronts["seconds"] == ["slow:1b", "fast:1b"]
    assert "worst:1b" not in fronts["tokens_per_second"]


def test_models_that_were_asked_otherwise_are_left_out_with_a_note(ask: Ask, rank: Any) -> None:
    ask("good:1b", limit=2)
    ask("poor:1b", limit=3)
    content = rank(models=("good:1b", "poor:1b", "third:1b"), limit=2).content
    assert [each["model"] for each in content["results"]] == ["good:1b"]
    assert {each["model"]: each["why"] for each in content["missing"]} == {
        "poor:1b": "surveyed, but asked about other records or in another way",
        "third:1b": "not surveyed yet",
    }
    assert "third:1b is not among them: not surveyed yet" in content["notes"]


@pytest.mark.parametrize("changed", ["dataset", "score", "options", "timeout"])
def test_figures_of_other_content_are_never_put_side_by_side(
    ask: Ask, home: Home, rank: Any, dataset: Path, changed: str
) -> None:
    ask("good:1b", limit=1)
    other: dict[str, Any] = {
        "dataset": {"folder": publish_dataset(home, "e" * 12)},
        "score": {"score": ScoreSettings(covered_share=0.5)},
        "options": {"options": {"seed": 7}},
        "timeout": {"ollama": {"timeout_s": 7.0}},
    }
    with pytest.raises(DomainFtError, match=r"nothing to compare \(good:1b: surveyed, but asked about other records"):
        rank(**{"models": ("good:1b",), "limit": 1, **other[changed]})


def test_where_nothing_was_surveyed_the_sentence_says_what_to_do(rank: Any) -> None:
    with pytest.raises(DomainFtError, match=r"good:1b: not surveyed yet; poor:1b: not surveyed yet\); run domain-ft"):
        rank()


def test_it_is_published_whole_and_pointed_to(both: None, rank: Any, home: Home) -> None:
    board = rank()
    assert pointed(home.surveys(DOMAIN) / "current") == board.path
    assert json.loads((board.path / "leaderboard.json").read_text()) == board.content
    for name in ("report.html", "report.md"):
        text = (board.path / name).read_text()
        assert "good:1b is chosen" in text
        assert "poor:1b" in text


def test_the_same_again_is_not_made_again(both: None, rank: Any) -> None:
    first, again = rank(), rank()
    assert (first.reused, again.reused, again.path) == (False, True, first.path)


@pytest.mark.parametrize(
    "changed", [{"confidence": 0.8}, {"choice": {"among_equals": "smaller"}}, {"models": ("good:1b",)}]
)
def test_whatever_it_says_depends_on_makes_another_one(both: None, rank: Any, changed: dict[str, Any]) -> None:
    assert rank(**changed).path != rank().path


def test_the_confidence_is_that_of_the_intervals(both: None, rank: Any) -> None:
    wide, narrow = (rank(confidence=level).content["results"][1]["score"] for level in (0.99, 0.6))
    assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]


def test_the_rule_decides_who_is_chosen(both: None, rank: Any) -> None:
    loose = {"valid_share": 0.0, "minimum_effect": 1.0, "among_equals": "smaller"}
    assert rank(choice=loose).content["choice"]["reason"].endswith("of the best (good:1b, 1.000).")
    assert rank(models=("poor:1b",)).content["choice"]["model"] is None


def test_after_another_model_took_the_tag_the_board_shows_that_one(ask: Ask, server: OllamaServer, rank: Any) -> None:
    ask("good:1b", limit=1)
    known, server.models["good:1b"] = server.models["good:1b"], knowing(VALIDATION, prose=1)
    server.digests["good:1b"] = "f" * 64
    ask("good:1b", limit=1)
    assert rank(limit=1).content["results"][0]["model_digest"] == "f" * 64
    del server.digests["good:1b"]
    server.models["good:1b"] = known
    assert ask("good:1b", limit=1).reused
    assert rank(limit=1).content["results"][0]["score"]["mean"] == pytest.approx(1)


def test_too_few_concepts_and_the_test_split_are_told(ask: Ask, rank: Any) -> None:
    ask("good:1b", split="test")
    notes = " ".join(rank(models=("good:1b",), split="test").content["notes"])
    assert "1 concept family can decide nothing; ask about 6 or more" in notes
    assert "The test split was asked about" in notes


def test_a_model_that_is_no_better_than_no_model_is_told(ask: Ask, rank: Any) -> None:
    ask("poor:1b")
    notes = rank(models=("poor:1b",)).content["notes"]
    assert (
        "poor:1b is not shown to score higher than the answer to the nearest concept of another family, by BM25"
        in notes
    )


def test_a_board_that_was_altered_is_named(both: None, rank: Any) -> None:
    board = rank()
    (board.path / "report.md").write_text("better")
    with pytest.raises(DomainFtError, match=r"report\.md: altered since it was published"):
        rank()

"""What a person is shown at the end of a command about models, made from its JSON."""

from pathlib import Path
from typing import Any

import pytest

from domain_ft.commands.summary import show_summary
from domain_ft.store.publish import write_json
from domain_ft_tests.command_reports import INCONCLUSIVE, REGRESSION, WIN, benchmark, cells, promotion, run

Shown = pytest.CaptureFixture[str]


def version(name: str, comparison: str | None, mean: float, **changed: Any) -> dict[str, Any]:
    interval = {"mean": mean, "low": mean - 0.01, "high": mean + 0.01}
    judged = comparison is not None
    return {
        "version": name,
        "aliases": [],
        "verdict": "WIN" if judged else None,
        "score": interval if judged else None,
        "difference": {"mean": 0.05, "low": 0.02, "high": 0.08} if judged else None,
        "reference": "base" if judged else None,
        "comparison_digest": comparison,
        "registered_at": "2024-05-31T08:15:00+00:00",
        "published": True,
        **changed,
    }


def table(*versions: dict[str, Any]) -> dict[str, Any]:
    digests = dict.fromkeys(row["comparison_digest"] for row in versions if row["comparison_digest"])
    return {
        "champion": "aaa",
        "challenger": None,
        "previous": None,
        "notes": ["promotion by benchmark b1, owed to MLflow since then, is done now"],
        "versions": list(versions),
        "groups": [
            {
                "comparison_digest": digest,
                "dataset_digests": ["d1"],
                "primary_metric": "map",
                "versions": [row["version"] for row in versions if row["comparison_digest"] == digest],
            }
            for digest in digests
        ],
    }


def test_arms_stand_from_the_weakest_baseline_to_the_candidate(shown: Any) -> None:
    report = benchmark()
    report["arms"]["champion"] = report["arms"]["base"]
    lines = shown("benchmark", report)
    names = [line.split("│")[1].strip() for line in lines if line.startswith("│")]
    assert names[:5] == ["random", "bm25", "base", "champion", "candidate"]


def test_a_figure_that_an_arm_does_not_have_is_a_dash(shown: Any) -> None:
    lines = shown("benchmark", benchmark())
    gap = cells(lines, "arm").index("similarity_gap")
    assert (cells(lines, "bm25")[gap], cells(lines, "base")[gap]) == ("-", "0.313")


def test_a_slice_without_an_interval_or_without_an_arm_is_shown_as_such(shown: Any) -> None:
    lines = shown("benchmark", benchmark())
    by_slice = lines[next(number for number, line in enumerate(lines) if line.startswith("map by slice")) :]
    assert cells(by_slice, "arm") == ["arm", "breaks", "fixes"]
    assert cells(by_slice, "base")[2] == "0.250"
    assert cells(by_slice, "candidate")[2] == "-"


@pytest.mark.parametrize(
    ("verdict", "headline"), [("WIN", WIN), ("INCONCLUSIVE", INCONCLUSIVE), ("REGRESSION", REGRESSION)]
)
def test_the_verdict_is_told_in_the_words_of_the_benchmark_whatever_it_is(
    shown: Any, verdict: str, headline: str
) -> None:
    lines = shown("benchmark", {**benchmark(), "verdict": verdict, "headline": headline})
    assert headline in lines


@pytest.mark.parametrize("command", ["promote", "rollback", "compare"])
def test_a_registry_without_versions_or_champion_is_shown_as_empty(shown: Any, command: str) -> None:
    nothing = {"champion": None, "challenger": None, "previous": None, "versions": [], "groups": []}
    assert shown(command, nothing)[-1] == "champion: -, challenger: -, previous: -"


def test_a_version_with_two_aliases_and_no_benchmark_is_one_row(shown: Any) -> None:
    report = promotion()
    report["versions"][0].update(aliases=["challenger", "previous"], verdict=None, primary_metric=None)
    row = cells(shown("promote", report), "f6ddf25b0638")
    assert row[1:4] == ["challenger, previous", "-", "-"]


def test_a_training_says_what_it_took_what_it_gained_and_what_to_look_at(shown: Any) -> None:
    lines = shown("train", run()["train"])
    assert lines[0] == "model f6ddf25b0638: 1,200 steps in 83 s, 202 examples per second"
    assert cells(lines, "map") == ["map", "0.131", "0.214"]
    assert "warning: the loss did not fall: try more epochs" in lines


def test_a_model_that_was_there_already_is_said_to_be(shown: Any) -> None:
    assert "was published already" in shown("train", {**run()["train"], "reused": True})[0]


@pytest.mark.parametrize("demonstration", [True, False])
def test_what_was_trained_of_a_demonstration_model_is_said_to_be(
    shown: Any, tmp_path: Path, demonstration: bool
) -> None:
    write_json(tmp_path / "manifest.json", {"base_model": "starter", "demonstration": demonstration, "files": {}})
    lines = shown("train", {**run()["train"], "path": str(tmp_path)})
    said = "starter is a demonstration model, and so is what was made of it: not for work"
    assert (said in lines) == demonstration


def test_a_training_without_validation_has_no_table(shown: Any) -> None:
    lines = shown("train", {**run()["train"], "validation": None, "base_validation": None})
    assert not [line for line in lines if line.startswith("│")]


def test_compare_shows_each_score_and_difference_with_its_interval(capsys: Shown) -> None:
    show_summary("compare", table(version("aaa", "c1", 0.6)))
    shown = capsys.readouterr().out
    assert "0.600 [0.590, 0.610]" in shown
    assert "0.050 [0.020, 0.080]" in shown
    assert "say nothing of each other" not in shown


def test_compare_keeps_figures_apart_that_may_not_be_compared(capsys: Shown) -> None:
    show_summary("compare", table(version("aaa", "c1", 0.6), version("bbb", "c2", 0.9), version("ccc", None, 0)))
    shown = capsys.readouterr().out
    assert shown.index("(c1)") < shown.index("aaa") < shown.index("(c2)") < shown.index("bbb")
    assert "say nothing of each other" in shown
    assert shown.index("not benchmarked") < shown.index("ccc")


def test_compare_says_which_folders_are_gone_and_what_was_made_up_for(capsys: Shown) -> None:
    show_summary("compare", table(version("aaa", "c1", 0.6, published=False)))
    shown = capsys.readouterr().out
    assert "gone" in shown
    assert "owed to MLflow since then, is done now" in shown


def test_sweep_shows_what_is_varied_and_what_failed(capsys: Shown) -> None:
    figures = {"mean": 0.6, "low": 0.5, "high": 0.7, "difference": None, "comparison_digest": "c1", "n": 9}
    rows = [
        {"settings": {"training.epochs": "1", "training.seed": "7"}, "version": "aaa", "error": None, **figures},
        {"settings": {"training.epochs": "2", "training.seed": "7"}, "version": None, "error": "no memory", "n": None},
    ]
    report = {"combinations": rows, "primary_metric": "map", "split": "validation", "notes": ["Only the test split"]}
    show_summary("sweep", {**report, "mlflow_url": None})
    shown = capsys.readouterr().out
    assert "training.epochs" in shown
    assert "0.600 [0.500, 0.700]" in shown
    assert "failed: training.epochs=2, training.seed=7: no memory" in shown
    assert "Only the test split" in shown

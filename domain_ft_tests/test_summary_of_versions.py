"""What a person is shown at the end of a command, made from its JSON."""

from typing import Any

import pytest

from domain_ft.summary import show_summary

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

"""A training log becomes points that MLflow accepts."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.registry.training_curve import Point, figures, metric_name, training_curve


def test_losses_and_validation_become_curves(tmp_path: Path) -> None:
    lines = [
        {"step": 0, "validation_map": 0.5},
        {"step": 10, "epoch": 0.5, "loss": 1.5, "learning_rate": 3e-5},
    ]
    (tmp_path / "training_log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert training_curve(tmp_path) == [
        Point("validation/map", 0, 0.5),
        Point("train/loss", 10, 1.5),
        Point("train/learning_rate", 10, 3e-5),
    ]


def test_model_without_a_log_has_no_curve(tmp_path: Path) -> None:
    assert training_curve(tmp_path) == []


@pytest.mark.parametrize(
    "line", ["", "{", "[1]", "7", '{"loss": 1}', '{"step": "1", "loss": 1}', '{"step": 1, "a": "b"}']
)
def test_line_that_says_nothing_is_passed_over(tmp_path: Path, line: str) -> None:
    (tmp_path / "training_log.jsonl").write_text(line + '\n{"step": 1, "loss": 2}\n')
    assert training_curve(tmp_path) == [Point("train/loss", 1, 2.0)]


def test_only_finite_numbers_are_figures() -> None:
    assert figures({"a": 1, "b": float("nan"), "c": True, "d": "2", "e": None, "f": 0.5}) == {"a": 1.0, "f": 0.5}


def test_at_sign_is_spelled_out() -> None:
    assert metric_name("ndcg@10") == "ndcg_at_10"


@given(st.text(min_size=1))
def test_any_name_becomes_one_of_the_letters_that_mlflow_takes(name: str) -> None:
    assert all(letter.isascii() and (letter.isalnum() or letter in "_-./ ") for letter in metric_name(name))

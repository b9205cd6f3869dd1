"""The verdicts behind the asset checks, and how Dagster is shown them."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import polars as pl
import pytest

from domain_ft.components.checks import (
    evaluate_collapse,
    evaluate_embeddings,
    evaluate_guards,
    evaluate_quarantine,
    evaluate_success_gates,
    model_checks,
    shown,
)
from domain_ft.components.frame_contract import RUN_FRAME, evaluate_frame
from domain_ft.evaluation.collapse import Spread
from domain_ft.mining.checks import (
    CheckOutcome,
    evaluate_leakage,
    evaluate_minimum_size,
    evaluate_repeated_texts,
    evaluate_verdict_balance,
)
from domain_ft.splits.leakage import LeakageReport

ROW = {
    "build": "b1",
    "started": datetime(2024, 1, 1, tzinfo=UTC),
    "scope": "shop",
    "test": "t1",
    "text": "the cart opens",
    "verdict": "pass",
    "duration_s": None,
    "change": "change the cart",
}
SCHEMA = {
    **dict.fromkeys(ROW, pl.String()),
    "started": pl.Datetime("us", "UTC"),
    "duration_s": pl.Float64(),
}


def frame(**changes: Any) -> pl.DataFrame:
    return pl.DataFrame([ROW, {**ROW, **changes}], schema=SCHEMA)


def unit(rows: list[list[float]]) -> np.ndarray[Any, np.dtype[np.float32]]:
    vectors = np.asarray(rows, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize("changes", [{}, {"duration_s": 1.5}, {"change": None}, {"verdict": "blocked"}])
def test_a_frame_of_runs_keeps_the_contract(changes: dict[str, Any]) -> None:
    finding = evaluate_frame(frame(**changes), RUN_FRAME)
    assert finding.passed, finding.description
    assert [column.name for column in finding.columns.schema.columns] == list(ROW)


def test_an_empty_frame_keeps_the_contract() -> None:
    assert evaluate_frame(frame().head(0), RUN_FRAME).passed


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"verdict": "perhaps"}, "verdict"), ({"duration_s": -1.0}, "duration_s"), ({"build": None}, "build")],
)
def test_a_value_outside_the_contract_is_named_with_its_column(changes: dict[str, Any], named: str) -> None:
    finding = evaluate_frame(frame(**changes), RUN_FRAME)
    assert not finding.passed
    assert f'"{named}"' in finding.description
    assert "zip object" not in finding.description


def test_a_missing_column_breaks_the_contract() -> None:
    assert "text" in evaluate_frame(frame().drop("text"), RUN_FRAME).description


@pytest.mark.parametrize(("read", "rejected", "passed"), [(0, 0, True), (100, 5, True), (100, 6, False)])
def test_more_than_a_twentieth_in_quarantine_is_a_warning(read: int, rejected: int, passed: bool) -> None:
    outcome = evaluate_quarantine(read, rejected)
    assert (outcome.passed, outcome.severity) == (passed, "warning")


def test_embeddings_of_length_one_and_all_texts_are_fine() -> None:
    assert evaluate_embeddings(unit([[1, 2], [3, 4]]), 2).passed


@pytest.mark.parametrize(
    ("vectors", "texts"),
    [(unit([[1, 2]]), 2), (np.asarray([[np.nan, 1.0]]), 1), (np.asarray([[3.0, 4.0]]), 1), (np.empty((0, 0)), 1)],
)
def test_missing_infinite_or_long_embeddings_block(vectors: Any, texts: int) -> None:
    assert evaluate_embeddings(vectors, texts).blocks


def test_texts_in_one_place_are_a_collapse() -> None:
    collapsed = evaluate_collapse(Spread(tuned=0.99, base=0.3))
    assert (collapsed.passed, collapsed.severity) == (False, "warning")
    assert "lower learning_rate" in collapsed.message
    assert evaluate_collapse(Spread(tuned=0.4, base=0.3)).passed


def test_a_fallen_guard_is_named() -> None:
    guards = {
        "apfd": {"low": -0.1, "margin": 0.02, "passed": False},
        "map": {"low": 0.0, "margin": 0.02, "passed": True},
    }
    outcome = evaluate_guards(guards)
    assert not outcome.passed
    assert outcome.message == (
        "not shown to hold: apfd; lower bounds of candidate minus base: apfd -0.100, map +0.000 (expected: above -0.02)"
    )
    assert outcome.numbers == {"apfd_low": -0.1, "map_low": 0.0}


def test_a_guard_without_a_bound_has_no_number_and_does_not_hold() -> None:
    outcome = evaluate_guards({"apfd": {"low": None, "margin": 0.0, "passed": False}})
    assert (outcome.passed, outcome.numbers) == (False, {})
    assert "apfd unknown (expected: above" in outcome.message


def test_a_success_gate_that_is_missed_warns_and_blocks_nothing() -> None:
    outcome = evaluate_success_gates(
        [
            {"gate": "recall@5 >= 0.6", "metric": "recall_at_5", "value": 0.41, "passed": False},
            {"gate": "MRR@10 > 0.2", "metric": "mrr_at_10", "value": 0.3, "passed": True},
        ]
    )
    assert (outcome.passed, outcome.severity, outcome.blocks) == (False, "warning", False)
    assert "1 of 2 passed (recall@5 >= 0.6: failed (0.410); MRR@10 > 0.2: passed (0.300))" in outcome.message
    assert outcome.numbers == {"recall_at_5": 0.41, "mrr_at_10": 0.3}


@pytest.mark.parametrize(
    "outcome",
    [
        evaluate_quarantine(100, 3),
        evaluate_embeddings(np.eye(3), 3),
        evaluate_collapse(Spread(tuned=0.4, base=0.3)),
        evaluate_guards({"apfd": {"low": 0.1, "margin": 0.02, "passed": True}}),
        evaluate_success_gates([]),
        evaluate_success_gates([{"gate": "MAP >= 0.1", "metric": "map", "value": None, "passed": False}]),
        evaluate_leakage(LeakageReport(0, 0, 0, 0, 0, 0)),
        evaluate_minimum_size({"train": 80}, 50),
        evaluate_verdict_balance({"failed": 10, "passed": 90}),
        evaluate_repeated_texts(pl.DataFrame({name: ["a"] for name in ("anchor", "positive", "negative", "split")})),
    ],
    ids=lambda outcome: outcome.name,
)
def test_every_check_says_what_it_found_and_what_it_expected(outcome: CheckOutcome) -> None:
    assert re.search(r"\(expected: .+\)", outcome.message)


def test_a_model_folder_that_is_none_fails_its_check_and_says_why(tmp_path: Path) -> None:
    pl.DataFrame({"anchor": ["a"], "positive": ["b"]}).write_parquet(tmp_path / "triplets.parquet")
    loads, collapse = model_checks(tmp_path / "nothing", tmp_path)
    assert (loads.passed, loads.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "nothing" in str(loads.description)
    assert (collapse.passed, collapse.severity) == (False, dg.AssetCheckSeverity.WARN)


def test_dagster_is_shown_the_verdict_the_words_and_the_numbers() -> None:
    (result,) = shown([CheckOutcome("size", False, "warning", "too small", {"rows": 3.0})])
    assert (result.passed, result.severity, result.description) == (False, dg.AssetCheckSeverity.WARN, "too small")
    assert result.metadata["rows"].value == 3.0


def test_the_figures_of_a_check_have_four_decimals() -> None:
    (found,) = shown([CheckOutcome("share", True, "warning", "few", {"share": 1 / 3, "rows": 3.0})])
    assert {name: value.value for name, value in found.metadata.items()} == {"share": 0.3333, "rows": 3.0}

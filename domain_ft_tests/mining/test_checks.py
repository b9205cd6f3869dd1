"""The checks of a dataset: which numbers pass, and which of them block."""

from dataclasses import FrozenInstanceError

import polars as pl
import pytest

from domain_ft.mining.checks import (
    evaluate_leakage,
    evaluate_minimum_size,
    evaluate_repeated_texts,
    evaluate_verdict_balance,
)
from domain_ft.splits.leakage import LeakageReport

CLEAN = LeakageReport(0, 0, 0, 0, 0, 0)


def triplets(rows: list[tuple[str, str, str]], split: str = "train") -> pl.DataFrame:
    return pl.DataFrame(
        [(*row, split) for row in rows],
        schema=dict.fromkeys(["anchor", "positive", "negative", "split"], pl.String),
        orient="row",
    )


def test_a_clean_report_passes() -> None:
    outcome = evaluate_leakage(CLEAN)
    assert outcome.passed
    assert not outcome.blocks
    assert outcome.numbers["total"] == 0


def test_any_leak_blocks_and_is_named() -> None:
    outcome = evaluate_leakage(LeakageReport(0, 3, 0, 0, 0, 0))
    assert outcome.blocks
    assert "change_texts_in_two_splits 3" in outcome.message


@pytest.mark.parametrize(("found", "passed"), [(49, False), (50, True)])
def test_too_few_training_triplets_block(found: int, passed: bool) -> None:
    outcome = evaluate_minimum_size({"train": found, "validation": 1, "test": 2}, 50)
    assert outcome.passed is passed
    assert outcome.blocks is not passed
    assert outcome.numbers == {"train": found, "validation": 1, "test": 2, "minimum": 50}


@pytest.mark.parametrize(
    ("failed", "passed", "fine"),
    [
        (50, 50, True),
        (1, 99, True),
        (0, 100, False),
        (1, 99_999, False),
        (100, 0, False),
        (99, 1, False),
        (0, 0, False),
    ],
)
def test_verdicts_that_hardly_differ_are_warned_of(failed: int, passed: int, fine: bool) -> None:
    outcome = evaluate_verdict_balance({"failed": failed, "passed": passed})
    assert outcome.passed is fine
    assert outcome.severity == "warning"
    assert not outcome.blocks


def test_different_texts_pass() -> None:
    outcome = evaluate_repeated_texts(triplets([(f"a{i}", f"p{i}", f"n{i}") for i in range(10)]))
    assert outcome.passed
    assert outcome.numbers["repeated_pair_share"] == 0
    assert outcome.numbers["distinct_anchors"] == 10


def test_many_triplets_that_say_the_same_are_warned_of() -> None:
    outcome = evaluate_repeated_texts(triplets([("a", "p", f"n{i}") for i in range(5)] + [("b", "q", "n")] * 5))
    assert not outcome.passed
    assert not outcome.blocks
    assert outcome.numbers["repeated_pair_share"] == 0.8


def test_one_change_text_in_very_many_triplets_is_warned_of() -> None:
    rows = [(f"a{i}", "merge" if i < 30 else f"p{i}", f"n{i}") for i in range(100)]
    outcome = evaluate_repeated_texts(triplets(rows))
    assert not outcome.passed
    assert outcome.numbers["most_frequent_positive_share"] == 0.3


def test_only_training_triplets_are_looked_at() -> None:
    outcome = evaluate_repeated_texts(triplets([("a", "p", "n")] * 5, split="test"))
    assert outcome.passed
    assert outcome.numbers["triplets"] == 0


def test_outcomes_are_values() -> None:
    with pytest.raises(FrozenInstanceError):
        evaluate_leakage(CLEAN).passed = False  # type: ignore[misc]

"""Builds divided along time, with no change text on both sides of a line."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain_ft.splits.by_time import SPLITS, split_by_time
from domain_ft.splits.settings import SplitSettings
from domain_ft.words import normalized

START = datetime(2026, 1, 1, tzinfo=UTC)


def builds(texts: Sequence[str | None], hours: list[int] | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "build_id": [f"b{i:03d}" for i in range(len(texts))],
            "started_at": [START + timedelta(hours=(hours or list(range(len(texts))))[i]) for i in range(len(texts))],
            "change_text": texts,
        },
        schema={"build_id": pl.String, "started_at": pl.Datetime("us", "UTC"), "change_text": pl.String},
    )


def different(count: int) -> pl.DataFrame:
    return builds([f"change {i}" for i in range(count)])


def test_the_oldest_train_and_the_newest_test() -> None:
    splits = split_by_time(different(10), SplitSettings(validation=0.1, test=0.2))
    assert splits["split"].to_list() == ["train"] * 7 + ["validation"] + ["test"] * 2
    assert splits["build_id"].to_list() == [f"b{i:03d}" for i in range(10)]


@pytest.mark.parametrize(("validation", "test"), [(0.1, 0.2), (0.2, 0.1), (0.3, 0.3), (0.25, 0.5)])
def test_the_settings_decide_the_shares(validation: float, test: float) -> None:
    splits = split_by_time(different(100), SplitSettings(validation=validation, test=test))
    counts = dict(splits["split"].value_counts().iter_rows())
    assert counts == {"train": round(100 * (1 - validation - test)), "validation": round(100 * validation),
                      "test": round(100 * test)}  # fmt: skip


def test_boundaries_are_exact_where_floats_are_not() -> None:
    splits = split_by_time(different(10), SplitSettings(validation=0.1, test=0.6))
    assert splits["split"].to_list().count("train") == 3


def test_time_decides_not_the_row_order_nor_the_id() -> None:
    splits = split_by_time(builds([f"c{i}" for i in range(10)], hours=list(range(10, 0, -1))), SplitSettings())
    assert splits.filter(pl.col("split") == "test")["build_id"].to_list() == ["b001", "b000"]


def test_a_train_build_gives_way_to_a_test_build_of_the_same_text() -> None:
    texts = [f"change {i}" for i in range(9)] + ["change 0"]
    splits = split_by_time(builds(texts), SplitSettings())
    assert splits.row(0) == ("b000", None, "change_text_in_test")
    assert splits.row(9) == ("b009", "test", None)


def test_train_gives_way_to_validation_and_validation_to_test() -> None:
    texts = [f"change {i}" for i in range(10)]
    texts[0] = texts[7]
    splits = split_by_time(builds(texts), SplitSettings())
    assert splits.row(0) == ("b000", None, "change_text_in_validation")
    texts[9] = texts[7]
    splits = split_by_time(builds(texts), SplitSettings())
    assert splits["reason"].to_list()[:1] == ["change_text_in_test"]
    assert splits.row(7) == ("b007", None, "change_text_in_test")


def test_texts_are_compared_without_case_and_white_space() -> None:
    texts = ["  Fix\n the   BUG "] + [f"change {i}" for i in range(8)] + ["fix the bug"]
    assert split_by_time(builds(texts), SplitSettings())["split"][0] is None
    assert normalized("Straße\u00a0A") == normalized("STRASSE a")


def test_texts_repeated_within_one_split_stay() -> None:
    splits = split_by_time(builds(["same"] * 3 + [f"change {i}" for i in range(7)]), SplitSettings())
    assert splits["reason"].null_count() == 10


@pytest.mark.parametrize("empty", ["", "  \n", None])
def test_builds_without_text_keep_their_split(empty: str | None) -> None:
    splits = split_by_time(builds([empty] * 10), SplitSettings())
    assert splits["split"].null_count() == 0


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_very_short_histories_are_split_without_an_error(count: int) -> None:
    assert split_by_time(different(count), SplitSettings()).height == count


def test_shares_that_leave_nothing_to_train_on_are_refused() -> None:
    with pytest.raises(ValidationError, match="leave nothing to train on"):
        SplitSettings(validation=0.5, test=0.5)


@given(
    st.lists(st.sampled_from(["a", "A ", "b", "c", "d", "e", ""]), max_size=30),
    st.floats(0.05, 0.45),
    st.floats(0.05, 0.45),
    st.integers(0, 99),
)
def test_no_text_stands_in_two_splits_and_order_does_not_matter(
    texts: list[str], validation: float, test: float, seed: int
) -> None:
    settings = SplitSettings(validation=validation, test=test)
    table = builds(texts)
    splits = split_by_time(table, settings)
    assert splits.equals(split_by_time(table.sample(fraction=1, shuffle=True, seed=seed), settings))
    assert (splits["split"].is_null() == splits["reason"].is_not_null()).all()
    seen: dict[str, Any] = {}
    order = []
    for text, split in zip(texts, splits["split"], strict=True):
        if split is None:
            continue
        order.append(SPLITS.index(split))
        if normalized(text):
            assert seen.setdefault(normalized(text), split) == split
    assert order == sorted(order)
    assert set(seen) == {normalized(text) for text in texts} - {""}

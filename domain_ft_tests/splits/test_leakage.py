"""The leakage report sees each kind of leak, from the rows of a finished dataset alone."""

from datetime import UTC, datetime, timedelta

import polars as pl

from domain_ft.splits.leakage import leakage_report

START = datetime(2026, 1, 1, tzinfo=UTC)
BUILDS = [  # build, hour, text, split
    ("a", 0, "alpha", "train"),
    ("b", 1, "beta", "train"),
    ("c", 2, "gamma", "validation"),
    ("d", 3, "delta", "validation"),
    ("e", 4, "epsilon", "test"),
    ("f", 5, "zeta", "test"),
]
TRIPLETS = [  # positive build, negative build, split
    ("a", "b", "train"),
    ("c", "d", "validation"),
    ("e", "f", "test"),
]
TEXT = {build: text for build, _, text, _ in BUILDS}
Build = tuple[str, int, str, str | None]


def report(builds: list[Build] = BUILDS, triplets: list[tuple[str, str, str]] = TRIPLETS) -> dict[str, int]:  # type: ignore[assignment]
    texts = {**TEXT, **{build: text for build, _, text, _ in builds}}
    return leakage_report(
        pl.DataFrame(
            [(build, START + timedelta(hours=hour), text, split) for build, hour, text, split in builds],
            schema={"build_id": pl.String, "started_at": pl.Datetime("us", "UTC"), "change_text": pl.String,
                    "split": pl.String},
            orient="row",
        ),
        pl.DataFrame(
            [(texts[positive], texts[negative], positive, negative, split) for positive, negative, split in triplets],
            schema=dict.fromkeys(["positive", "negative", "positive_build", "negative_build", "split"], pl.String),
            orient="row",
        ),
    ).as_json()  # fmt: skip


def changed(build: str, *, hour: int | None = None, text: str | None = None, split: str | None = "") -> list[Build]:
    return [
        (name, at if hour is None else hour, says if text is None else text, of if split == "" else split)
        if name == build
        else (name, at, says, of)
        for name, at, says, of in BUILDS
    ]


def nonzero(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def test_a_clean_dataset_counts_nothing() -> None:
    assert nonzero(report()) == {}


def test_a_build_listed_in_two_splits() -> None:
    assert report([*BUILDS, ("a", 0, "alpha", "test")])["builds_in_two_splits"] == 1


def test_a_triplet_with_a_negative_of_another_split() -> None:
    counts = report(triplets=[*TRIPLETS, ("a", "e", "train")])
    assert counts["triplets_crossing_splits"] == 1
    assert counts["builds_in_two_splits"] == 1
    assert counts["change_texts_in_two_splits"] == 1


def test_a_triplet_of_a_build_that_was_left_out() -> None:
    assert nonzero(report(changed("b", split=None))) == {"triplets_crossing_splits": 1}


def test_change_texts_equal_but_for_case_and_white_space() -> None:
    assert nonzero(report(changed("e", text=" ALPHA\n"))) == {"change_texts_in_two_splits": 1}


def test_the_text_of_a_left_out_build_is_no_leak() -> None:
    assert nonzero(report([*BUILDS, ("x", 0, "epsilon", None)])) == {}


def test_empty_texts_are_no_leak() -> None:
    assert nonzero(report([*BUILDS, ("x", 0, "", "train"), ("y", 6, " ", "test")])) == {}


def test_builds_out_of_time() -> None:
    assert nonzero(report(changed("a", hour=9))) == {"train_builds_after_validation": 1, "train_builds_after_test": 1}
    assert nonzero(report(changed("d", hour=9))) == {"validation_builds_after_test": 1}


def test_a_dataset_without_rows_is_clean() -> None:
    assert nonzero(report([], [])) == {}

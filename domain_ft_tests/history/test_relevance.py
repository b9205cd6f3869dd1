"""Which runs make a change relevant to a test, in timelines of one letter per build (P F E S B, `.` = not run)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.history.relevance import label_runs
from domain_ft.history.settings import Relevance
from domain_ft.history.tables import BUILDS, RUNS, TESTS, History

WORDS = {"P": "pass", "F": "fail", "E": "error", "S": "skipped", "B": "blocked"}


def history(*timelines: str, started: list[int] | None = None) -> History:
    """Test t0, t1 ... with one letter per build b0, b1 ...; builds start an hour apart, or at the given hours."""
    builds = max(map(len, timelines), default=0)
    hours = started or list(range(builds))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    runs = [
        (f"b{build}", f"t{test}", WORDS[letter], None)
        for test, line in enumerate(timelines)
        for build, letter in enumerate(line)
        if letter != "."
    ]
    return History(
        pl.DataFrame(
            [(f"b{i}", "s", start + timedelta(hours=hours[i]), [], f"change {i}", []) for i in range(builds)],
            schema=BUILDS,
            orient="row",
        ),
        pl.DataFrame([(f"t{i}", "s", f"test {i}") for i in range(len(timelines))], schema=TESTS, orient="row"),
        pl.DataFrame(runs, schema=RUNS, orient="row"),
    )


def column(name: str, *timelines: str, relevance: Relevance = "flip", **kwargs: Any) -> list[Any]:
    return label_runs(history(*timelines, **kwargs), relevance)[name].to_list()


def test_columns_are_those_that_mining_and_benchmark_read() -> None:
    assert label_runs(history("P"), "flip").columns == [
        "build_id", "test_id", "failed", "previous_failed", "flipped", "relevant", "unaffected", "slice",
    ]  # fmt: skip


def test_a_first_run_has_no_previous_verdict_and_is_no_flip() -> None:
    assert column("previous_failed", "F", "P") == [None, None]
    assert column("flipped", "F", "P") == [False, False]


def test_a_flip_is_a_change_of_verdict_either_way() -> None:
    assert column("flipped", "PFFP") == [False, True, False, True]


def test_the_previous_run_is_the_same_tests_run_even_many_builds_before() -> None:
    assert column("previous_failed", "P..F") == [None, False]


def test_the_last_run_of_one_test_is_not_the_previous_run_of_the_next() -> None:
    assert column("previous_failed", "F", "P") == [None, None]


@pytest.mark.parametrize("letter", ["S", "B"])
def test_skipped_and_blocked_runs_are_left_out_and_do_not_interrupt_the_timeline(letter: str) -> None:
    assert column("build_id", f"P{letter}F") == ["b0", "b2"]
    assert column("slice", f"P{letter}F") == ["none", "break"]


def test_an_error_counts_as_failing() -> None:
    assert column("failed", "PE") == [False, True]
    assert column("flipped", "EF") == [False, False]


def test_time_orders_the_builds_not_their_names() -> None:
    assert column("slice", "PF", started=[5, 1]) == ["first", "fix"]


def test_builds_of_the_same_moment_are_ordered_by_id() -> None:
    assert column("slice", "PF", started=[0, 0]) == ["none", "break"]


@pytest.mark.parametrize(
    ("relevance", "expected"),
    [
        ("flip", [False, False, True, False, True, False]),
        ("transition", [False, False, True, False, False, False]),
        ("any_failure", [False, False, True, True, False, False]),
    ],
)
def test_the_setting_decides_what_is_relevant(relevance: Relevance, expected: list[bool]) -> None:
    assert column("relevant", "PPFFPP", relevance=relevance) == expected


@pytest.mark.parametrize("relevance", ["flip", "transition", "any_failure"])
def test_unaffected_is_a_pass_without_a_flip_whatever_the_setting(relevance: Relevance) -> None:
    assert column("unaffected", "PPFFPP", relevance=relevance) == [True, True, False, False, False, True]


def test_slices_tell_break_fix_repeat_and_first() -> None:
    assert column("slice", "FFPFFP") == ["first", "repeat", "fix", "break", "repeat", "fix"]


def test_a_history_without_runs_has_no_labels() -> None:
    assert label_runs(history(), "flip").height == 0


@given(st.lists(st.text("PFESB.", max_size=6), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_row_order_of_the_tables_does_not_matter(timelines: list[str], random: Any) -> None:
    whole = history(*timelines)
    seed = random.randrange(1000)
    shuffled = History(
        *(table.sample(fraction=1, shuffle=True, seed=seed) for table in (whole.builds, whole.tests, whole.runs))
    )
    assert label_runs(shuffled, "flip").equals(label_runs(whole, "flip"))


@given(st.lists(st.text("PFESB.", max_size=8), min_size=1, max_size=4))
def test_labels_are_those_of_a_walk_along_each_timeline(timelines: list[str]) -> None:
    expected = []
    for test, line in enumerate(timelines):
        previous: bool | None = None
        for build, letter in enumerate(line):
            if letter in "SB.":
                continue
            failed = letter in "FE"
            expected.append((f"b{build}", f"t{test}", failed, previous, previous is not None and previous != failed))
            previous = failed
    found = label_runs(history(*timelines), "flip")
    assert found.select("build_id", "test_id", "failed", "previous_failed", "flipped").rows() == expected

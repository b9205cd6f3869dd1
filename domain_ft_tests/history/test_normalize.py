"""Observations that disagree, settled into one history."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from domain_ft.history.normalize import Normalized, merge_texts, normalize
from domain_ft.history.observations import OBSERVED_CHANGES, OBSERVED_RUNS, OBSERVED_TEXTS, Observations
from domain_ft.history.tables import History, empty_history


def day(number: int) -> datetime:
    return datetime(2024, 1, number, tzinfo=UTC)


def observed(
    *runs: tuple[str, str, str, int], changes: Any = (), texts: Any = (), durations: Any = None, scope: str = "s"
) -> Observations:
    """Runs as (build, test, verdict, day); changes as (build, text); texts as (test, text, day)."""
    rows = [
        (0, number, build, test, scope, verdict, day(when), durations[number] if durations else None)
        for number, (build, test, verdict, when) in enumerate(runs)
    ]
    said = [(build, scope, [], text, []) for build, text in changes]
    told = [(test, scope, text, day(when)) for test, text, when in texts]
    told = told or [(test, scope, f"text of {test}", day(when)) for _, test, _, when in runs]
    return Observations(
        pl.DataFrame(rows, OBSERVED_RUNS, orient="row"),
        pl.DataFrame(said, OBSERVED_CHANGES, orient="row"),
        pl.DataFrame(told, OBSERVED_TEXTS, orient="row"),
    )


def settle(observations: Observations, earlier: History | None = None) -> Normalized:
    return normalize(observations, earlier or empty_history())


def test_nothing_observed_changes_nothing() -> None:
    history = settle(observed(("b1", "t1", "pass", 1))).history
    again = settle(observed(), history)
    assert again.history.tables().keys() == history.tables().keys()
    assert all(again.history.tables()[name].equals(table) for name, table in history.tables().items())
    assert again.counts.is_empty()


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        (["pass", "fail"], "fail"),
        (["fail", "error"], "fail"),
        (["error", "blocked"], "error"),
        (["blocked", "skipped"], "blocked"),
        (["skipped", "pass"], "skipped"),
    ],
)
def test_the_worst_verdict_counts(verdicts: list[str], worst: str) -> None:
    for order in (verdicts, verdicts[::-1]):
        settled = settle(observed(*(("b1", "t1", verdict, 1) for verdict in order)))
        assert settled.history.runs["verdict"].to_list() == [worst]
        assert settled.counts.rows() == [(0, 1, 1, 1)]


def test_of_equal_verdicts_the_latest_start_counts() -> None:
    settled = settle(observed(("b1", "t1", "fail", 2), ("b1", "t1", "fail", 1), durations=[0.2, 0.1]))
    assert settled.history.runs["duration_s"].to_list() == [0.2]
    assert settled.counts.rows() == [(0, 1, 1, 0)]


def test_a_build_starts_with_its_earliest_row() -> None:
    settled = settle(observed(("b1", "t1", "pass", 3), ("b1", "t2", "pass", 2)))
    assert settled.history.builds["started_at"].to_list() == [day(2)]
    assert len(settled.notes) == 1


def test_the_newest_text_of_a_test_counts() -> None:
    texts = [("t1", "new", 2), ("t1", "old", 1)]
    first = settle(observed(("b1", "t1", "pass", 1), ("b2", "t1", "pass", 2), texts=texts))
    assert first.history.tests["text"].to_list() == ["new"]
    later = settle(observed(("b3", "t1", "pass", 3), texts=[("t1", "newest", 3)]), first.history)
    assert later.history.tests["text"].to_list() == ["newest"]
    earlier = settle(observed(("b0", "t1", "pass", 1), texts=[("t1", "oldest", 1)]), later.history)
    assert earlier.history.tests["text"].to_list() == ["newest"]


def test_different_texts_of_a_change_are_all_kept() -> None:
    run = ("b1", "t1", "pass", 1)
    first = settle(observed(run, changes=[("b1", "b"), ("b1", "a"), ("b1", "")]))
    assert first.history.builds["change_text"].to_list() == ["a\nb"]
    later = settle(observed(run, changes=[("b1", "b"), ("b1", "c")]), first.history)
    assert later.history.builds["change_text"].to_list() == ["a\nb\nc"]


def test_a_build_without_a_change_has_an_empty_one() -> None:
    assert settle(observed(("b1", "t1", "pass", 1))).history.builds.select("change_text", "change_ids").rows() == [
        ("", [])
    ]


def test_rows_of_another_scope_are_left_out_and_named() -> None:
    first = settle(observed(("b1", "t1", "pass", 1))).history
    settled = settle(
        observed(("b1", "t2", "pass", 1), ("b2", "t1", "pass", 1), ("b3", "t3", "pass", 1), scope="x"), first
    )
    assert settled.conflicts.rows() == [(0, 0, "build_id", "x"), (0, 1, "test_id", "x")]
    assert settled.history.tests["test_id"].to_list() == ["t1", "t3"]
    assert settled.history.builds["build_id"].to_list() == ["b1", "b3"]


@pytest.mark.parametrize(
    ("texts", "merged"),
    [
        (["a", "a"], "a"),
        (["b", "a"], "a\nb"),
        (["a\nb", "b"], "a\nb"),
        (["", ""], ""),
        (["ab", "b"], "ab\nb"),
    ],
)
def test_texts_are_merged_without_repeating(texts: list[str], merged: str) -> None:
    assert merge_texts(texts) == merged


@pytest.mark.timeout(20)
def test_a_build_with_fifty_thousand_texts_is_merged_in_a_moment() -> None:
    """As when another column is mistaken for the build's: every text of the history belongs to one build."""
    texts = [f"change {number}\nReviewed" for number in range(50_000)]
    assert merge_texts([*texts, "change 7"]) == "\n".join(sorted(texts))

"""What a person reads of a ranking: the tests on one line each, how long they take, which order that is and why."""

from collections.abc import Callable
from typing import Any

import pytest

from domain_ft.commands.order_summary import show_ranking
from domain_ft_tests.command_reports import cells

WHY = "lambdarank has the best apfd on validation (0.913)"
REASON = (
    "shares refund with the change; broke with the similar change 'Round refunds to the cent and say so on every bill' "
    "(build-000123); failed 3 builds ago, when last run"
)


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Callable[[dict[str, Any]], list[str]]:
    """The lines that a ranking prints."""

    def lines(report: dict[str, Any]) -> list[str]:
        capsys.readouterr()
        show_ranking(report)
        return capsys.readouterr().out.splitlines()

    return lines


def ranking(**others: Any) -> dict[str, Any]:
    """The object of `domain-ft rank --json`."""
    test = {"rank": 1, "score": 0.5, "expected_s": 0.25, "reason": REASON, "must_run": False, "run": True}
    results = [{**test, "test": "TC-1", "text": "Refund pays back"}, {**test, "rank": 2, "test": "b", "text": "b"}]
    found = {"results": results, "order": "lambdarank", "why": WHY, "chosen": 2, "expected_s": 3038.09}
    return {**found, "guessed": 0, "fallback": None, "notes": [], **others}


def test_a_test_is_named_by_id_and_text(shown: Any) -> None:
    assert "TC-1: Refund pays back" in " ".join(shown(ranking()))
    assert cells(shown(ranking()), "2")[1] == "b"


def test_a_reason_is_not_cut_short(shown: Any) -> None:
    told = "".join("".join(shown(ranking())).split())
    assert "when" in told
    assert "…" not in told


def test_the_order_and_why_it_is_used_are_said(shown: Any) -> None:
    assert f"why this order: {WHY}" in shown(ranking())


def test_what_a_note_says_is_said_once(shown: Any) -> None:
    assert sum(WHY in line for line in shown(ranking(notes=[WHY]))) == 1


def test_a_long_time_is_said_in_minutes(shown: Any) -> None:
    assert "run 2 of 2, about 51 min" in shown(ranking())
    assert "run 2 of 2, about 0.50 s" in shown(ranking(expected_s=0.5))


def test_a_guessed_duration_is_said_to_be_guessed(shown: Any) -> None:
    said = " (1 duration is not known and taken for the mean)"
    assert f"run 2 of 2, about 0.50 s{said}" in shown(ranking(expected_s=0.5, guessed=1))
    assert "run 2 of 2" in shown(ranking(expected_s=None, guessed=2))


def test_a_text_of_several_lines_is_shown_as_one(shown: Any) -> None:
    report = ranking()
    report["results"][0]["text"] = "Refund pays\n1. Sign in"
    assert "TC-1: Refund pays 1. Sign in" in " ".join(" ".join(shown(report)).split())


def test_an_original_order_is_not_called_a_ranking(shown: Any) -> None:
    lines = shown(ranking(order="original", why="kept", fallback="nothing has landed yet"))
    assert lines[0].strip() == "not ranked"
    assert not any(line.startswith("why this order") for line in lines)


def test_where_there_are_no_tests_there_is_no_table(shown: Any) -> None:
    assert shown(ranking(results=[], chosen=0)) == ["there are no tests to rank"]

"""What a person reads of a search: each passage on a line, with its place beside its text."""

from typing import Any

import pytest

from domain_ft.commands.search_summary import show_answer
from domain_ft_tests.command_reports import cells

FOUND: dict[str, Any] = {
    "rank": 1, "passage_id": "038bf984a680", "part": "pumps", "source": None, "text": "The pump\nis oiled",
    "score": 0.0328, "cosine": 0.642, "bm25": None,
}  # fmt: skip


def test_a_passage_is_one_line_with_its_place_its_text_and_what_speaks_for_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_answer({"results": [FOUND], "notes": ["a note"]})
    said = capsys.readouterr().out.splitlines()
    assert cells(said, "1") == ["1", "038bf984a680 · pumps", "The pump is oiled", "0.0328", "0.642", "–"]
    assert said[-1] == "a note"


def test_where_nothing_was_found_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    show_answer({"results": [], "notes": []})
    assert capsys.readouterr().out == "nothing found\n"

"""JSON Lines, good and bad."""

import gzip
import json
from typing import Any

import pytest

from domain_ft.errors import InputError
from domain_ft.landing.settings import ExecutionHistoryColumns, SourceSettings


def lines(*rows: Any) -> bytes:
    """Rows as JSON Lines; bytes stand for themselves."""
    return b"".join(
        (row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False).encode()) + b"\n" for row in rows
    )


def test_lists_numbers_and_nulls_are_understood(world: Any) -> None:
    row = {**world.row(), "Build_ID": 7, "commit": ["one", "two", None], "TC_Steps": None}
    world.land(lines(row), "history.jsonl")
    assert world.history().builds.select("build_id", "change_text").rows() == [("7", "one\ntwo")]


def test_builds_without_a_time_start_by_their_numbers(world: Any) -> None:
    source = SourceSettings(columns=ExecutionHistoryColumns(started=None))
    rows = [{**world.row(), "Build_ID": build} for build in (10, 9.0, True)]
    world.land(lines(*rows), "history.jsonl", source)
    assert world.history().builds.sort("started_at")["build_id"].to_list() == ["9", "10"]
    assert world.rejected().select("line", "rule", "value").rows() == [(3, "build_not_numbered", "true")]


def test_a_line_ends_at_a_line_feed_alone(world: Any) -> None:
    summary = "one\u2028two\u0085three\x0bfour"
    assert world.land(lines(world.row(TE_Summary=summary)), "history.jsonl").accepted == 1
    assert world.history().tests["text"].item() == summary


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_byte_order_mark_and_blank_lines_are_tolerated(world: Any, mark: bytes, pack: Any) -> None:
    content = mark + lines(world.row(), b"", b"  \r", world.row(TC_Key="t2"))
    name = "history.jsonl" if pack is bytes else "history.jsonl.gz"
    result = world.land(pack(content), name)
    assert (result.read, result.accepted) == (2, 2)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (b"{", "json_invalid"),
        (b"[1]", "json_not_object"),
        (b'{"Build_ID": NaN}', "json_not_finite"),
        (b'{"Build_ID": -Infinity}', "json_not_finite"),
        (b'{"a": {"b": 1, "b": 2}}', "json_duplicate_key"),
        (b'{"Build_ID": "1", "Build_ID": "2"}', "json_duplicate_key"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "json_too_deep"),
        (b'{"commit": ' + b"[" * 200 + b"]" * 200 + b"}", "json_too_deep"),
        (b'{"a": "\xff"}', "bad_utf8"),
        (b'{"TE_Summary": "\\ud800"}', "json_bad_unicode"),
        (b'{"a": "' + b"x" * (17 << 20) + b'"}', "row_too_long"),
        (b"{}", "build_missing"),
    ],
)
def test_a_broken_line_is_set_aside(world: Any, line: bytes, rule: str) -> None:
    result = world.land(lines(world.row(), line, world.row(TC_Key="t2")), "history.jsonl")
    assert (result.read, result.accepted, result.rejected) == (3, 2, 1)
    assert world.rejected().select("line", "rule").rows() == [(2, rule)]


def test_numbers_that_overflow_are_not_durations(world: Any) -> None:
    from domain_ft.landing.settings import ExecutionHistoryColumns, SourceSettings

    source = SourceSettings(columns=ExecutionHistoryColumns(duration="s"))
    rows = [{**world.row(), "s": 1}, *({**world.row(TC_Key=f"t{n}"), "s": s} for n, s in enumerate(["-1", "x", "inf"]))]
    raw = lines(*rows, json.dumps(world.row(TC_Key="t9")).encode()[:-1] + b', "s": 1e999}')
    world.land(raw, "history.jsonl", source)
    assert world.rejected()["rule"].to_list() == ["duration_negative", *["duration_unparsable"] * 3]


def test_a_key_that_no_row_has_is_a_missing_column(world: Any) -> None:
    row = world.row()
    del row["TC_Key"]
    with pytest.raises(InputError, match=r"'TC_Key' is missing.*'TE_Summary'.*source\.columns\.test"):
        world.land(lines(row), "history.jsonl")


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_refused(world: Any, content: bytes) -> None:
    with pytest.raises(InputError, match=r"is empty|no row"):
        world.land(content, "history.jsonl")


def test_a_csv_under_this_name_is_refused_with_the_first_line(world: Any) -> None:
    with pytest.raises(InputError, match=r"line 1: json_invalid"):
        world.land(world.csv([world.row()]), "history.jsonl")

"""Cells into values."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.landing.values import LAST_BUILD, is_change_id, parse_items, parse_moment, parse_paths, start_by_number

NOON = datetime(2024, 5, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-31T12:00:00Z", "2024-05-31 12:00:00", "2024-05-31T14:00:00+02:00", "2024-05-31 14:00:00 +0200",
        "2024-05-31 12:00:00 UTC", "1717156800", "1717156800.0", "1717156800000", "1717156800000000",
        "1717156800000000000", "20240531120000", " 2024-05-31T12:00 ",
    ],
)  # fmt: skip
def test_the_same_moment_in_every_notation(text: str) -> None:
    assert parse_moment(text) == NOON


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "31/05/2024", "2024-13-01", "12", "1e9", "²²²²²²²²²", "0001-01-01T00:00:00+23:00", "9" * 30],
)
def test_what_is_not_a_moment(text: str) -> None:
    assert parse_moment(text) is None


@given(st.text())
def test_no_text_breaks_the_reading_of_moments(text: str) -> None:
    moment = parse_moment(text)
    assert moment is None or moment.tzinfo == UTC


@given(st.integers(0, LAST_BUILD - 1), st.sampled_from(["", "0", "000"]))
def test_numbered_builds_follow_each_other_by_a_day(number: int, zeros: str) -> None:
    start, after = start_by_number(f"{zeros}{number}"), start_by_number(str(number + 1))
    assert start is not None
    assert after is not None
    assert after - start == timedelta(days=1)
    assert parse_moment(after.isoformat()) == after


def test_build_0_starts_with_1970() -> None:
    assert start_by_number("0") == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "7.0", "1e3", "1_0", "0x7", "²", "٣", "7 8", "7\n", "nightly 7", "80001", "9" * 10_000]
)
def test_what_is_not_the_number_of_a_build(text: str) -> None:
    assert start_by_number(text) is None


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("['one', \"it's two\"]", ["one", "it's two"]),
        ('["one", "two"]', ["one", "two"]),
        ("fix the basket", ["fix the basket"]),
        ("[basket] fix it", ["[basket] fix it"]),
        ("[not a list]", ["[not a list]"]),
        ("['one', ['two', None], 3]", ["one", "two", "3"]),
        ("['  ', '']", []),
        ("[]", []),
        ("nan", []),
        (None, []),
    ],
)
def test_items_of_a_list_a_stringified_list_or_plain_text(text: str | None, items: list[str]) -> None:
    assert parse_items(text) == items


def test_a_stringified_list_is_read_and_never_run(tmp_path: object) -> None:
    text = f"[open({str(tmp_path) + '/made'!r}, 'w')]"
    assert parse_items(text) == [text]


@pytest.mark.parametrize("depth", [33, 500, 990, 100_000])
@pytest.mark.parametrize("inside", ["", "'a'"])
def test_brackets_nested_without_end_are_plain_text(depth: int, inside: str) -> None:
    text = "[" * depth + inside + "]" * depth
    assert parse_items(text) == [text]


@pytest.mark.parametrize("number", ["9" * 5000, "0x" + "f" * 5000])
def test_a_number_too_long_to_write_out_is_plain_text(number: str) -> None:
    assert parse_items(f"[{number}]") == [f"[{number}]"]


@pytest.mark.timeout(20)
def test_a_million_spaces_are_no_moment_and_take_no_time() -> None:
    assert parse_moment("a" + " " * 1_000_000 + "b") is None


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: text == text.strip() != "")))
def test_a_list_survives_being_made_a_string(items: list[str]) -> None:
    assert parse_items(str(items)) == items


def test_paths_are_distinct_and_sorted() -> None:
    assert parse_paths("['b.py', 'a.py']") == parse_paths("b.py;a.py\nb.py") == ["a.py", "b.py"]


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        ("961051c9-f516-0410-bf72-c9f7e237a7b7", True),
        ("fe32558938", True),
        ("a" * 40, True),
        ("defaced", False),
        ("fix 12", False),
        ("123456", False),
    ],
)
def test_a_hash_is_told_from_a_sentence(item: str, answer: bool) -> None:
    assert is_change_id(item) is answer

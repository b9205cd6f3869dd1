"""Lines of JSON: read quickly where that is safe, and never otherwise than they are read with care."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.json_text import RefusedLineError, parse_object, parse_plain

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(['"', '": ', 'a":1']),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)
SPACE = st.sampled_from(["", " ", "\t", "\r", "  "])


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Objects with space and keys as anyone may write them, some keys twice."""
    pairs = draw(st.lists(st.tuples(st.sampled_from(["a", "b", "\\u0061", 'x\\"']), VALUES), max_size=4))
    written = [
        f'{draw(SPACE)}"{key}"{draw(SPACE)}:{draw(SPACE)}{json.dumps(value, ensure_ascii=draw(st.booleans()))}'
        for key, value in pairs
    ]
    return ("{" + ",".join(written) + "}").encode("utf-8", "replace")


def read(parse: Any, line: bytes) -> Any:
    try:
        return parse(line)
    except RefusedLineError as refusal:
        return refusal.rule


@settings(max_examples=300)
@given(lines())
def test_what_is_read_quickly_is_what_is_read_with_care(line: bytes) -> None:
    quick, careful = read(parse_plain, line), read(parse_object, line)
    assert quick in ("json_bad_unicode", "json_too_deep") or repr(quick) == repr(careful)


@pytest.mark.parametrize("number", [2**53 + 1, 2**64 + 1, -(2**70), 10**30, 12345678901234567890123])
def test_no_digit_of_a_number_is_lost(number: int) -> None:
    assert parse_plain(b'{"a": [%d]}' % number) == {"a": [number]}


@pytest.mark.parametrize("text", ["1e999", "-1e400", "9" * 400 + ".0"])
def test_a_number_beyond_all_is_refused(text: str) -> None:
    with pytest.raises(RefusedLineError, match="json_not_finite"):
        parse_plain(f'{{"a": {text}}}'.encode())

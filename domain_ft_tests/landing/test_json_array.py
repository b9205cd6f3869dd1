"""A JSON array of rows, good and bad."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.errors import InputError
from domain_ft.landing import json_array
from domain_ft.landing.json_array import array_elements

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_says_the_same_as_its_rows_line_by_line(world: Any, indent: int | None, pack: Any) -> None:
    rows = [world.row(), world.row(TC_Key="t2", TE_Summary='a "quoted" ] and , text')]
    name = "history.json" if pack is bytes else "history.json.gz"
    result = world.land(pack(json.dumps(rows, indent=indent).encode()), name)
    assert (result.read, result.accepted) == (2, 2)
    assert set(world.history().tests["test_id"]) == {"t1", "t2"}


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.text(max_size=12), VALUES, max_size=5), max_size=8), st.sampled_from([None, 0, 3]))
def test_the_elements_are_those_that_were_written(tmp_path_factory: Any, rows: list[Any], indent: int | None) -> None:
    path = tmp_path_factory.getbasetemp() / "elements.json"
    path.write_text(json.dumps(rows, indent=indent), encoding="utf-8")
    assert [json.loads(element) for _, element in array_elements(path, path)] == rows


def test_a_rejected_row_has_the_line_that_it_begins_on(world: Any) -> None:
    rows = [world.row(), world.row(TE_Test_Result="?"), world.row(TC_Key="t3")]
    world.land(json.dumps(rows, indent=1).encode(), "history.json")
    line = 2 + (len(rows[0]) + 2)
    assert world.rejected_lines() == [(line, "TE_Test_Result", "verdict_unknown")]


def test_an_element_that_is_no_row_is_rejected_and_the_others_are_read(world: Any) -> None:
    good = json.dumps(world.row()).encode()
    result = world.land(b"[" + good + b', 7, {"a": NaN}, [1], {"b": 1, "b": 2}]', "history.json")
    assert (result.read, result.accepted, result.rejected) == (5, 1, 4)
    assert set(world.rejected()["rule"]) == {"json_not_object", "json_not_finite", "json_duplicate_key"}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"a": 1}', "is no JSON array"),
        (b'[{"a": 1}', r"history\.json:1: a comma or \] is missing"),
        (b'[{"a": 1}\n{"a": 2}]', "a comma or . is missing"),
        (b'[{"a": "open}]', r"history\.json:1: the array is cut short"),
        (b"[{\n,", "cut short"),
        (b"[\xff]", "is not UTF-8"),
        (b"[]", "holds no row that is a JSON object"),
        (b"  ", "is no JSON array"),
    ],
)
def test_what_is_no_array_is_refused_in_a_sentence(world: Any, content: bytes, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        world.land(content, "history.json")


def test_an_array_that_is_too_large_is_refused_with_the_mend(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_array, "JSON_ARRAY_BYTES", 10)
    with pytest.raises(InputError, match="write it as JSON Lines"):
        world.land(json.dumps([world.row()]).encode(), "history.json")

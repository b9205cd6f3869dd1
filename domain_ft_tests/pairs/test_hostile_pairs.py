"""Pairs as an odd program or an enemy writes them, in each format: a bad row is set aside, its neighbours are taken."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain_ft.errors import InputError
from domain_ft.landing.quarantine import read_quarantine
from domain_ft_tests.pairs.landed_pairs import Folder, a_pair

Row = dict[str, str | None]
BOM = b"\xef\xbb\xbf"
LONG = 100 << 20
FIRST = a_pair()
LAST = a_pair(query="where is the fuse of the lamp", passage="The fuse of the lamp lies behind the left panel.")
SEPARATED = "how is the oil\u2028of the gear box\u2029changed\u0085in winter"
FORMATS = ("jsonl", "json", "csv", "parquet")


def json_row(row: Row) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode()


def as_lines(rows: Sequence[bytes]) -> bytes:
    return b"\n".join(rows) + b"\n"


def as_array(rows: Sequence[bytes]) -> bytes:
    return b"[" + b",\n".join(rows) + b"]\n"


def as_csv(rows: Sequence[Row]) -> bytes:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(FIRST))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def as_parquet(rows: Sequence[Row], **columns: pa.Array) -> bytes:
    file = io.BytesIO()
    texts = {name: pa.array([row[name] for row in rows], pa.string()) for name in FIRST}
    pq.write_table(pa.table({**texts, **columns}), file)
    return file.getvalue()


def written(kind: str, rows: Sequence[Row]) -> bytes:
    if kind in ("csv", "parquet"):
        return (as_csv if kind == "csv" else as_parquet)(rows)
    return (as_lines if kind == "jsonl" else as_array)([json_row(row) for row in rows])


def queries(folder: Folder) -> set[str]:
    return set(folder.pairs()["query"])


@pytest.mark.parametrize("kind", FORMATS)
def test_separators_that_end_no_line_are_part_of_a_text(folder: Folder, kind: str) -> None:
    result = folder.land_file(written(kind, [FIRST, a_pair(query=SEPARATED), LAST]), f"pairs.{kind}")
    assert (result.read, result.accepted) == (3, 3)
    assert SEPARATED in queries(folder)


@pytest.mark.parametrize("kind", ["jsonl", "json", "csv"])
def test_a_byte_order_mark_is_no_part_of_the_first_key(folder: Folder, kind: str) -> None:
    result = folder.land_file(BOM + written(kind, [FIRST, LAST]), f"pairs.{kind}")
    assert (result.read, result.accepted) == (2, 2)
    assert queries(folder) == {FIRST["query"], LAST["query"]}


BAD = {
    "NaN": (b'{"query": NaN, "passage": "p"}', "json_not_finite"),
    "the same key twice": (b'{"query": "a", "passage": "p", "query": "b"}', "json_duplicate_key"),
    "nested deeper than the parser": (b'{"query": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "json_too_deep"),
    "nested deeper than a cell": (b'{"query": ' + b"[" * 70 + b"]" * 70 + b"}", "json_too_deep"),
    "no object": (b'["query", "passage"]', "json_not_object"),
}


@pytest.mark.parametrize(("kind", "pack"), [("jsonl", as_lines), ("json", as_array)])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_of_json_is_set_aside_with_its_line(
    folder: Folder, name: str, kind: str, pack: Callable[[Sequence[bytes]], bytes]
) -> None:
    line, rule = BAD[name]
    result = folder.land_file(pack([json_row(FIRST), line, json_row(LAST)]), f"pairs.{kind}")
    assert (result.read, result.accepted, result.rejected) == (3, 2, 1)
    assert folder.rejected() == [(2, None, rule)]


@pytest.mark.parametrize("value", ['["a word", "b"]', '{"a": 1}', "true"])
@pytest.mark.parametrize("side", ["query", "passage", "negative"])
@pytest.mark.parametrize(("kind", "pack"), [("jsonl", as_lines), ("json", as_array)])
def test_what_is_no_text_is_set_aside_with_its_column(
    folder: Folder, side: str, value: str, kind: str, pack: Callable[[Sequence[bytes]], bytes]
) -> None:
    row = json_row(a_pair(**{side: "VALUE"})).replace(b'"VALUE"', value.encode())
    result = folder.land_file(pack([json_row(FIRST), row, json_row(LAST)]), f"pairs.{kind}")
    assert (result.read, result.accepted, result.rejected) == (3, 2, 1)
    assert folder.rejected() == [(2, side, "not_text")]
    assert read_quarantine(folder.path / "quarantine")["value"].to_list() == [value]


def test_a_number_is_as_good_as_text(folder: Folder) -> None:
    row = json_row(a_pair(group="VALUE")).replace(b'"VALUE"', b"7")
    folder.land_file(as_lines([row]), "pairs.jsonl")
    assert folder.pairs()["group"].to_list() == ["7"]


@pytest.mark.parametrize("column", [pa.array([["a word", "b"], None]), pa.array([True, False])])
def test_a_column_of_lists_or_truths_is_refused(folder: Folder, column: pa.Array) -> None:
    with pytest.raises(InputError, match=r"column 'query' is (list|bool).*; make it text or a number"):
        folder.land_file(as_parquet([FIRST, LAST], query=column), "pairs.parquet")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_would_be_no_number_or_a_list_elsewhere_is_text_in_a_table(folder: Folder, kind: str) -> None:
    odd = ["NaN " * 3, "[" * 500 + " a b c", '{"a": 1, "a": 2} and so on']
    result = folder.land_file(written(kind, [a_pair(query=query) for query in odd]), f"pairs.{kind}")
    assert result.accepted == 3
    assert {query.split()[0] for query in queries(folder)} == {query.split()[0] for query in odd}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_line_of_100_mb_is_one_rejected_row(folder: Folder, kind: str) -> None:
    if kind == "parquet":
        content = written(kind, [FIRST, a_pair(query="q" * LONG), LAST])
    else:  # a row so long takes its writer many seconds
        content = written(kind, [FIRST, a_pair(query="QUERY"), LAST]).replace(b"QUERY", b"q" * LONG)
    result = folder.land_file(content, f"pairs.{kind}")
    assert (result.read, result.accepted, result.rejected) == (3, 2, 1)
    line = 3 if kind == "csv" else 2
    expected = (line, "query", "cell_too_long") if kind == "parquet" else (line, None, "row_too_long")
    assert folder.rejected() == [expected]


def test_a_column_of_numbers_that_are_none_gives_no_query(folder: Folder) -> None:
    content = as_parquet([FIRST, LAST], query=pa.array([float("nan"), 2.0]))
    with pytest.raises(InputError, match=r"pairs\.parquet: none of its 2 rows can be used"):
        folder.land_file(content, "pairs.parquet")


@pytest.mark.parametrize("query", [[[["a"]], None], [{"a": {"b": 1}}, None]], ids=["lists", "records"])
def test_nested_columns_are_refused_with_their_type(folder: Folder, query: list[Any]) -> None:
    with pytest.raises(InputError, match=r"column 'query' is (list<element: list|struct<a: struct)"):
        folder.land_file(as_parquet([FIRST, LAST], query=pa.array(query)), "pairs.parquet")


def test_a_column_that_a_table_has_twice_is_refused(folder: Folder) -> None:
    file = io.BytesIO()
    columns = [pa.array([FIRST[name], LAST[name]], pa.string()) for name in (*FIRST, "query")]
    pq.write_table(pa.Table.from_arrays(columns, names=[*FIRST, "query"]), file)
    table = b"".join(b"query," + line for line in as_csv([FIRST, LAST]).splitlines(keepends=True))
    for content, name in ((file.getvalue(), "pairs.parquet"), (table, "pairs.csv")):
        with pytest.raises(InputError, match="column 'query' occurs twice in the header"):
            folder.land_file(content, name)

"""CSV files, good and bad."""

import gzip
import random
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain_ft.errors import InputError
from domain_ft.landing.settings import ExecutionHistoryColumns, SourceSettings
from domain_ft_tests.landing_world import World, a_row, as_csv

HEADER = "Build_ID,Build_Test_Start_Date,TP_Key,TC_Key,TE_Summary,TC_Steps,TE_Test_Result,commit,CR_Component_Name"
GOOD = "b1,2024-05-31T08:15:00Z,shop,t1,the basket adds up,,Pass,['round late'],['a.py']"


def test_a_row_becomes_a_build_a_test_and_a_run(world: Any) -> None:
    result = world.land(
        world.csv([world.row(TC_Steps="open it\nadd it", commit="['round late', 'abc1234def', 'and test']")])
    )
    history = world.history()
    assert (result.read, result.accepted, result.rejected, result.duplicates) == (1, 1, 0, 0)
    assert history.builds.select("build_id", "scope", "change_ids", "change_text", "change_paths").rows() == [
        ("b1", "shop", ["abc1234def"], "round late\nand test", ["shop/basket.py"])
    ]
    assert history.tests.rows() == [("t1", "shop", "the basket adds up\nopen it\nadd it")]
    assert history.runs.rows() == [("b1", "t1", "pass", None)]


def test_compressed_and_plain_give_the_same_tables(world: Any) -> None:
    content = world.csv([world.row(), world.row(TC_Key="t2")])
    first = world.land(content)
    again = world.land(gzip.compress(content), "history.csv.gz")
    assert (first.accepted, again.accepted, again.duplicates, again.conflicting) == (2, 0, 2, 0)
    assert world.history().runs.height == 2


def test_tabs_are_known_by_the_suffix(world: Any) -> None:
    assert world.land(world.csv([world.row()], delimiter="\t"), "history.tsv").accepted == 1


def test_columns_are_mapped_and_others_ignored(world: Any) -> None:
    columns = ExecutionHistoryColumns(build="Lauf", duration="Dauer", scope=None, steps=None, component=None)
    row = {**world.row(), "Lauf": "b9", "Dauer": "1.5", "Egal": "x"}
    world.land(world.csv([row], [*world.columns, "Lauf", "Dauer", "Egal"]), source=SourceSettings(columns=columns))
    assert world.history().runs.rows() == [("b9", "t1", "pass", 1.5)]
    assert world.history().builds["scope"].to_list() == ["default"]


def test_every_column_may_have_a_name_of_its_own(world: Any) -> None:
    cells = {
        "build": "b9",
        "test": "t9",
        "summary": "the basket rounds",
        "verdict": "Fail",
        "started": "2025-01-02T03:04:05Z",
        "change": "['round up']",
        "scope": "store",
        "steps": "open it",
        "component": "['store/round.py']",
        "change_id": "['deadbeef01']",
        "duration": "2.5",
    }
    columns = {name: f"My {name}" for name in ExecutionHistoryColumns.model_fields}
    decoys = [str(column) for column in ExecutionHistoryColumns().model_dump().values() if column]
    row = dict.fromkeys(decoys, "decoy") | {columns[name]: cell for name, cell in cells.items()}
    source = SourceSettings(columns=ExecutionHistoryColumns.model_validate(columns))
    assert world.land(world.csv([row], list(row)), source=source).accepted == 1
    history = world.history()
    at = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert history.builds.rows() == [("b9", "store", at, ["deadbeef01"], "round up", ["store/round.py"])]
    assert history.tests.rows() == [("t9", "store", "the basket rounds\nopen it")]
    assert history.runs.rows() == [("b9", "t9", "fail", 2.5)]


@pytest.mark.parametrize(
    ("optional", "table", "column", "without"),
    [
        ("scope", "builds", "scope", "default"),
        ("steps", "tests", "text", "the basket adds up"),
        ("component", "builds", "change_paths", []),
    ],
)
def test_an_optional_column_set_to_null_is_not_read(
    world: Any, optional: str, table: str, column: str, without: Any
) -> None:
    source = SourceSettings(columns=ExecutionHistoryColumns.model_validate({optional: None}))
    world.land(world.csv([world.row(TC_Steps="open it")]), source=source)
    assert world.history().tables()[table][column].to_list() == [without]


def test_rows_without_a_scope_column_are_of_the_scope_that_is_set(world: Any) -> None:
    source = SourceSettings(columns=ExecutionHistoryColumns(scope=None), scope_name="store")
    world.land(world.csv([world.row()]), source=source)
    assert world.history().builds["scope"].to_list() == world.history().tests["scope"].to_list() == ["store"]


def test_an_absent_default_column_is_done_without_and_said(world: Any) -> None:
    result = world.land(world.csv([world.row()], [name for name in world.columns if name != "TC_Steps"]))
    assert result.accepted == 1
    assert any("TC_Steps" in note for note in result.notes)


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        ("b1,2024-05-31", "too_few_cells", "TP_Key"),
        (GOOD + ",more", "too_many_cells", None),
        (GOOD.replace("basket", "b\xff").encode("latin-1"), "bad_utf8", "TE_Summary"),
        (GOOD.replace("the basket", '"the" basket'), "bad_quoting", "TE_Summary"),
        (GOOD.replace("Pass", "Quux"), "verdict_unknown", "TE_Test_Result"),
        (GOOD.replace("2024-05-31T08:15:00Z", "31.5.2024"), "date_unparsable", "Build_Test_Start_Date"),
        (GOOD.replace("2024-05-31T08:15:00Z", ""), "date_missing", "Build_Test_Start_Date"),
        (GOOD.replace("b1", " "), "build_missing", "Build_ID"),
        (GOOD.replace("t1", ""), "test_missing", "TC_Key"),
        (GOOD.replace("the basket adds up", ""), "test_text_missing", "TE_Summary"),
        (GOOD.replace("adds", "x" * (1 << 20)), "cell_too_long", "TE_Summary"),
        (GOOD.replace("adds", "x" * 3_000_000), "row_too_long", None),
    ],
)
def test_a_broken_row_is_set_aside_with_line_column_and_rule(
    world: Any, line: str | bytes, rule: str, column: str | None
) -> None:
    bad = line.encode() if isinstance(line, str) else line
    result = world.land(f"{HEADER}\n{GOOD}\n".encode() + bad + f"\n{GOOD.replace('t1', 't2')}\n".encode())
    assert (result.read, result.accepted, result.rejected) == (3, 2, 1)
    assert world.rejected_lines() == [(3, column, rule)]
    found = world.rejected().row(0, named=True)
    assert found["source_file"] == "history.csv"
    assert found["raw"].startswith(bad[:20].decode())
    assert found["advice"]


def test_lines_are_counted_as_an_editor_counts_them(world: Any) -> None:
    """Cells that span lines, blank lines and rows that duckdb refuses all come before the row in question."""
    spanning = GOOD.replace(",,Pass", ',"1. a\n2. b",Pass')
    unknown = GOOD.replace("Pass", "Quux")
    result = world.land("\n".join([HEADER, GOOD, "", spanning, "b1,too few", unknown, ""]).encode())
    assert world.rejected().sort("line").select("line", "rule").rows() == [(6, "too_few_cells"), (7, "verdict_unknown")]
    assert result.read == result.accepted + result.rejected + result.duplicates == 4


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ends", [["\n"], ["\r\n"], ["\n", "\r\n"], ["\r"]])
def test_every_broken_row_is_found_again_whatever_the_line_ends(world: Any, ends: list[str], bom: bytes) -> None:
    dice = random.Random(1)
    content, line, expected, good = bom + HEADER.encode() + ends[0].encode(), 2, {}, 0
    inner = "\n" if ends != ["\r"] else " "
    for number in range(400):
        row = GOOD.replace("t1", f"t{number}").replace(",,Pass", f',"1. ""a""{inner}2. b",Pass')
        rule = dice.choice(["too_few_cells", "too_many_cells", "bad_utf8", "verdict_unknown", "good", "good"])
        row = row.rpartition(",")[0] if rule == "too_few_cells" else row + ",x" if rule == "too_many_cells" else row
        data = row.replace("Pass", "Quux" if rule == "verdict_unknown" else "Pass").encode()
        data = data.replace(b"basket", b"\xfe") if rule == "bad_utf8" else data
        if rule == "good":
            good += 1
        else:
            expected[line] = rule
        line += 1 + data.count(b"\n")
        content += data + dice.choice(ends).encode()
    result = world.land(content)
    assert result.accepted == good
    assert dict(world.rejected().select("line", "rule").iter_rows()) == expected


def test_a_quote_that_is_never_closed_says_what_it_swallowed(world: Any) -> None:
    opened = GOOD.replace("the basket", '"the basket').replace("t1", "t2")
    result = world.land("\n".join([HEADER, GOOD, opened, *[GOOD] * 200, ""]).encode())
    assert world.rejected().select("line", "rule", "value").rows() == [(3, "bad_quoting", "201 lines")]
    assert any("line 3" in note and "line 203" in note for note in result.notes)


def test_a_file_none_of_whose_builds_is_a_number_names_the_first_and_what_to_do(world: Any) -> None:
    message = refuse(world, world.csv([world.row()] * 2), columns=ExecutionHistoryColumns(started=None))
    assert "history.csv" in message
    assert "line 2, column 'Build_ID', value 'b1'" in message
    assert "source.columns.started" in message


def test_durations_in_milliseconds_become_seconds(world: Any) -> None:
    rows = [{**world.row(TC_Key=f"t{number}"), "took": took} for number, took in enumerate(["1500", "0.5", "", "-1"])]
    source = SourceSettings(columns=ExecutionHistoryColumns(duration="took"), duration_unit="ms")
    world.land(world.csv(rows, [*world.columns, "took"]), source=source)
    assert world.history().runs["duration_s"].to_list() == [1.5, 0.0005, None]
    assert world.rejected().select("rule", "value").rows() == [("duration_negative", "-1")]


def test_the_start_is_done_without_only_where_it_is_null(world: Any) -> None:
    content = world.csv([world.row(Build_ID="7")], [name for name in world.columns if name != "Build_Test_Start_Date"])
    assert "source.columns.started" in refuse(world, content)
    assert world.land(content, source=SourceSettings(columns=ExecutionHistoryColumns(started=None))).accepted == 1


def test_the_order_of_rows_is_kept_in_the_quarantine(world: Any) -> None:
    rows = [world.row(TC_Key=f"t{number}", TE_Test_Result="Quux" if number % 2 else "Pass") for number in range(2000)]
    world.land(world.csv(rows))
    lines = world.rejected()["line"]
    assert lines.to_list() == list(range(3, 2002, 2))


def test_a_name_with_a_pattern_is_one_file(world: Any) -> None:
    world.write("a1.csv", world.csv([world.row(), world.row(TC_Key="t2")]))
    assert world.land(world.csv([world.row()]), "a[0-9]*'.csv").read == 1


def test_a_long_raw_text_is_cut(world: Any) -> None:
    world.land(world.csv([world.row(), world.row(TE_Test_Result="?", TC_Steps="x" * 50_000)]))
    assert world.rejected()["raw"].str.len_chars().item() == 10_000


def refuse(world: Any, content: bytes, name: str = "history.csv", **settings: object) -> str:
    with pytest.raises(InputError) as refusal:
        world.land(content, name, SourceSettings(**settings))  # type: ignore[arg-type]
    assert not (world.raw / "current").exists()
    return str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(world: Any, content: bytes) -> None:
    assert "is empty" in refuse(world, content)


def test_a_header_alone_is_refused(world: Any) -> None:
    assert "no rows" in refuse(world, HEADER.encode())


@pytest.mark.parametrize("delimiter", [";", "|", "\t"])
def test_columns_are_separated_by_the_delimiter_that_is_set(world: Any, delimiter: str) -> None:
    source = SourceSettings(delimiter=delimiter)
    assert world.land(world.csv([world.row(commit="a, b")], delimiter=delimiter), source=source).accepted == 1
    assert world.history().builds["change_text"].to_list() == ["a, b"]


@pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolon"), ("\t", "tab"), ("|", "bar")])
def test_a_wrong_delimiter_is_refused_and_the_right_one_named(world: Any, delimiter: str, name: str) -> None:
    message = refuse(world, world.csv([world.row()], delimiter=delimiter))
    assert name in message
    assert f"source.delimiter to {delimiter!r}" in message


def test_a_comma_is_named_where_another_delimiter_was_set(world: Any) -> None:
    assert "source.delimiter to ','" in refuse(world, world.csv([world.row()]), delimiter=";")


def test_a_missing_column_is_named_with_those_present_and_its_key(world: Any) -> None:
    message = refuse(world, world.csv([world.row()], [name for name in world.columns if name != "TE_Test_Result"]))
    assert "'TE_Test_Result' is missing" in message
    assert "'Build_ID'" in message
    assert "source.columns.verdict" in message


def test_an_optional_column_of_ones_own_name_must_be_there(world: Any) -> None:
    columns = ExecutionHistoryColumns(scope="Suite")
    assert "source.columns.scope" in refuse(world, world.csv([world.row()]), columns=columns)


def test_a_mapped_column_that_occurs_twice_is_refused(world: Any) -> None:
    assert "occurs twice" in refuse(world, f"{HEADER},commit\n{GOOD},x\n".encode())


def test_a_file_without_one_known_verdict_names_the_words(world: Any) -> None:
    message = refuse(world, world.csv([world.row(TE_Test_Result="GREEN"), world.row(TE_Test_Result="RED")]))
    assert "'GREEN'" in message
    assert "'RED'" in message
    assert "source.verdicts" in message


def test_a_file_of_which_no_row_can_be_used_names_the_first_and_the_rule(world: Any) -> None:
    message = refuse(world, world.csv([world.row(Build_Test_Start_Date="31.5.2024")] * 3))
    assert "none of its 3 rows" in message
    assert "date_unparsable" in message
    assert "line 2" in message
    assert "31.5.2024" in message
    assert world.rejected().height == 3


def test_what_is_not_gzip_is_refused(world: Any) -> None:
    assert "not a gzip" in refuse(world, world.csv([world.row()]), "history.csv.gz")


def test_a_truncated_gzip_is_refused(world: Any) -> None:
    packed = gzip.compress(world.csv([world.row(TC_Key=f"t{number}") for number in range(1000)]))
    assert "cut short" in refuse(world, packed[:-20], "history.csv.gz")


def test_a_damaged_gzip_is_refused(world: Any) -> None:
    packed = bytearray(gzip.compress(world.csv([world.row(TC_Key=f"t{number}") for number in range(1000)])))
    packed[-6] ^= 0xFF
    assert "damaged" in refuse(world, bytes(packed), "history.csv.gz")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_is_refused_with_what_to_do(world: Any, encoding: str) -> None:
    assert "save it as UTF-8" in refuse(world, world.csv([world.row()]).decode().encode(encoding))


@pytest.mark.parametrize(("magic", "what"), [(b"PK\x03\x04....", "ZIP"), (b"PAR1....", "Parquet")])
def test_a_file_of_another_kind_is_named(world: Any, magic: bytes, what: str) -> None:
    assert what in refuse(world, magic)


def test_a_file_of_several_batches_keeps_each_text_once(world: Any) -> None:
    rows = [world.row(Build_ID=f"b{number // 10}", TC_Key=f"t{number % 10}") for number in range(220_000)]
    result = world.land(world.csv(rows))
    assert result.accepted == 220_000
    assert world.history().builds.height == 22_000
    assert world.history().builds["change_text"].unique().to_list() == ["round prices late"]
    assert pl.Series(world.history().tests["test_id"]).to_list() == [f"t{number}" for number in range(10)]


ROWS_AS_TEXT = {
    "good": as_csv([a_row()]).decode().splitlines()[1],
    "of two lines": as_csv([a_row(TC_Key="t2", TE_Summary="one\ntwo")]).decode().split("\n", 1)[1].rstrip("\n"),
    "of one letter": "x",
    "of one letter and two bytes": "é",
    "too long": "," * 40,
    "blank": "",
}
REFUSED_ROWS = ("of one letter", "of one letter and two bytes", "too long")


@given(
    kinds=st.lists(st.sampled_from(list(ROWS_AS_TEXT)), max_size=12),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    last=st.booleans(),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
@example(kinds=["of one letter"], line_end="\n", last=False, mark=b"")
@settings(max_examples=40, derandomize=True)
def test_each_refused_row_is_named_by_its_line(kinds: list[str], line_end: str, last: bool, mark: bytes) -> None:
    """Also one of a single letter at the very end, where a file was cut short, whatever ends the lines."""
    lines = [as_csv([]).decode().rstrip("\n"), ROWS_AS_TEXT["good"], *(ROWS_AS_TEXT[kind] for kind in kinds)]
    refused, line = [], 3
    for kind in kinds:
        refused += [line] if kind in REFUSED_ROWS else []
        line += ROWS_AS_TEXT[kind].count("\n") + 1
    text = "\n".join(lines) + "\n" * last
    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.land(mark + text.replace("\n", line_end).encode())
        assert [found for found, _, _ in world.rejected_lines()] == refused


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_blank_lines_before_the_header_are_no_rows(world: Any, line_end: bytes) -> None:
    content = b"\n\n" + world.csv([world.row(), world.row(TC_Key="")]) + b"x\n"
    result = world.land(content.replace(b"\n", line_end))
    assert (result.read, result.accepted) == (3, 1)
    assert world.rejected_lines() == [(5, "TC_Key", "test_missing"), (6, "Build_Test_Start_Date", "too_few_cells")]


def test_text_around_quoted_text_is_refused_by_its_own_line_and_not_by_the_one_before(world: Any) -> None:
    """duckdb gives the start of the row before; the rows after it keep their lines."""
    good = f"{GOOD}\n"
    bad = good.replace("the basket adds up,,", '"Steps, of ""two""" [""one, two"", ""three""]","a;b\nc",')
    last = good.replace("2024-05-31T08:15:00Z", "yesterday")
    result = world.land(f"{HEADER}\n{good}{bad}{good}{last}".encode())
    assert (result.accepted, result.duplicates) == (1, 1)
    assert {(line, rule) for line, _, rule in world.rejected_lines()} >= {(3, "bad_quoting"), (6, "date_unparsable")}
    assert {line for line, _, _ in world.rejected_lines()} == {3, 6}
    assert not any("not exact" in note for note in result.notes)


def test_where_nobody_can_say_where_rows_end_each_rejected_row_still_has_a_line_and_a_note_says_so(world: Any) -> None:
    last = GOOD.replace("2024-05-31T08:15:00Z", "yesterday")
    result = world.land(f'{HEADER}\n{GOOD}\n"" "b,\n{GOOD}\n{last}\n'.encode())
    assert result.read == result.accepted + result.rejected + result.duplicates
    assert world.rejected()["line"].null_count() == 0
    assert any("the lines of its rejected rows are near, not exact" in note for note in result.notes)

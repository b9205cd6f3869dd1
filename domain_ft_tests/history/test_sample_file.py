"""The sample as a file: equal bytes, the default columns, and broken rows that ingest finds one by one."""

import csv
import gzip
from pathlib import Path

import pytest

from domain_ft.errors import InputError
from domain_ft.history.sample.write import COLUMNS, write_sample
from domain_ft.landing.ingest import IngestResult, ingest_files
from domain_ft.landing.settings import ExecutionHistoryColumns, SourceSettings

SMALL = {"builds": 30, "tests": 40, "seed": 5, "signal": 0.8}


def rows_of(path: Path) -> list[list[str]]:
    open_text = gzip.open if path.suffix == ".gz" else open
    with open_text(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def ingest(path: Path, folder: Path) -> IngestResult:
    return ingest_files(
        [path], domain="sample", source=SourceSettings(), raw=folder / "raw", quarantine=folder / "quarantine"
    )


def test_the_file_has_the_default_columns_and_as_many_rows_as_it_says(tmp_path: Path) -> None:
    written = write_sample(tmp_path / "sample.csv", **SMALL)
    header, *rows = rows_of(written.path)
    assert header == list(COLUMNS.values())
    assert {name for name in ExecutionHistoryColumns().model_dump().values() if name} == set(header)
    assert len(rows) == written.rows
    assert (written.builds, written.tests) == (30, 40)


def test_a_sample_is_written_in_a_domains_own_words(tmp_path: Path) -> None:
    written = write_sample(tmp_path / "own.csv", **SMALL, names={"build": "commit_sha"}, delimiter=";")
    header = written.path.read_text().splitlines()[0].split(";")
    assert header[0] == "commit_sha"
    assert header[1:] == list(COLUMNS.values())[1:]


@pytest.mark.parametrize("name", ["sample.csv", "sample.csv.gz"])
def test_equal_arguments_give_equal_bytes(tmp_path: Path, name: str) -> None:
    one = write_sample(tmp_path / "one" / name, **SMALL, broken_rows=3).path
    other = write_sample(tmp_path / "other" / name, **SMALL, broken_rows=3).path
    assert one.read_bytes() == other.read_bytes()


def test_compressed_or_plain_the_rows_are_the_same(tmp_path: Path) -> None:
    plain, packed = (write_sample(tmp_path / name, **SMALL).path for name in ("sample.csv", "sample.csv.gz"))
    assert rows_of(plain) == rows_of(packed)


def test_ingest_takes_every_row_of_a_whole_sample(tmp_path: Path) -> None:
    written = write_sample(tmp_path / "sample.csv.gz", **SMALL)
    result = ingest(written.path, tmp_path)
    assert (result.read, result.accepted) == (written.rows, written.rows)
    assert result.tables["builds"] == 30


def test_ingest_rejects_just_the_broken_rows_each_for_its_own_fault(tmp_path: Path) -> None:
    written = write_sample(tmp_path / "sample.csv.gz", **SMALL, broken_rows=14)
    result = ingest(written.path, tmp_path)
    assert (result.read, result.rejected, result.duplicates) == (written.rows, 14, 0)
    assert len(result.files[0].rules or {}) >= 5


def test_broken_rows_leave_the_other_rows_as_they_are(tmp_path: Path) -> None:
    whole = rows_of(write_sample(tmp_path / "whole.csv", **SMALL).path)
    broken = rows_of(write_sample(tmp_path / "broken.csv", **SMALL, broken_rows=9).path)
    assert len(broken) == len(whole) + 9
    assert [row for row in broken if row in whole] == whole


def test_a_folder_is_refused_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        write_sample(tmp_path, **SMALL)


def test_a_negative_number_of_broken_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="broken rows -1"):
        write_sample(tmp_path / "sample.csv", **SMALL, broken_rows=-1)

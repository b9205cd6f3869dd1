"""A landing file of generated rows is whole, never changes, and is found at once."""

import os
import time
from pathlib import Path

import pytest

from domain_ft.errors import DomainFtError
from domain_ft.generation.landing_file import files_of_before, write_landing_file
from domain_ft.landing.folder import look

ROWS = [{"query": "What moves?", "positive": "The pump\u2028moves."}]


def test_the_same_rows_are_the_same_file_and_others_another_one(tmp_path: Path) -> None:
    one = write_landing_file(tmp_path, "a.pdf", ROWS)
    before = one.stat().st_mtime_ns
    assert write_landing_file(tmp_path, "a.pdf", ROWS) == one
    assert one.stat().st_mtime_ns == before
    assert write_landing_file(tmp_path, "a.pdf", [*ROWS, *ROWS]) != one
    assert one.read_bytes().count(b"\n") == 1


def test_it_is_finished_as_soon_as_it_is_there(tmp_path: Path) -> None:
    path = write_landing_file(tmp_path, "a.pdf", ROWS)
    assert set(look(tmp_path).finished) == {path.name}


@pytest.mark.parametrize("name", ["../../etc/passwd", "sub/ä b?.pdf", "x" * 300, "\n", ".hidden", "-rf"])
def test_no_name_of_a_document_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    path = write_landing_file(tmp_path / "landing", name, ROWS)
    assert path.parent == tmp_path / "landing"
    assert path.resolve().parent == (tmp_path / "landing").resolve()
    assert path.name.startswith("generated-")
    assert len(path.name) < 120


def test_rows_of_before_are_those_of_the_same_document_alone(tmp_path: Path) -> None:
    before, now, other = (
        write_landing_file(tmp_path, name, [{"query": query, "file_name": name}])
        for name, query in (("a b.pdf", "What moved?"), ("a b.pdf", "What moves?"), ("a-b.pdf", "What else moves?"))
    )
    (tmp_path / "generated-a-b.pdf-broken.jsonl").write_text("{")
    assert files_of_before(now, "a b.pdf") == [before]
    assert files_of_before(other, "a-b.pdf") == []


def test_what_a_kill_left_behind_goes_with_the_next_writing(tmp_path: Path) -> None:
    path = write_landing_file(tmp_path, "a.pdf", ROWS)
    path.unlink()
    left = tmp_path / f".{path.name}.0a1b2c3d"
    left.write_text("half a li")
    os.utime(left, (time.time() - 7200, time.time() - 7200))
    write_landing_file(tmp_path, "a.pdf", ROWS)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_place_that_is_no_folder_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "landing").write_text("a file")
    with pytest.raises(DomainFtError, match="landing"):
        write_landing_file(tmp_path / "landing", "a.pdf", ROWS)

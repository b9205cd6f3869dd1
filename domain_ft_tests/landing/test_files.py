"""Which files are taken, and which are finished."""

import os
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import InputError
from domain_ft.landing.files import landing_files, take


def old(path: Path) -> Path:
    os.utime(path, (1_700_000_000, 1_700_000_000))
    return path


def test_finished_files_of_the_known_kinds_are_listed(world: Any) -> None:
    names = ["a.csv", "b.csv.gz", "c.tsv", "d.parquet", "e.jsonl", "f.jsonl.gz", "g.xml", "reports/x/TEST.xml"]
    for name in [*names, ".hidden.csv", "README.md", "h.csv.part", "folder/a.csv"]:
        old(world.write(f"landing/{name}", b"x"))
    found = [path.name for path in landing_files(world.folder / "landing")]
    assert found == [*names[:-1], "reports"]


def test_a_file_that_may_still_grow_is_left_for_later(world: Any) -> None:
    old(world.write("landing/a.csv", b"x"))
    world.write("landing/b.csv", b"x")
    world.write("landing/reports/new.xml", b"x")
    old(world.write("landing/reports/old.xml", b"x"))
    assert [path.name for path in landing_files(world.folder / "landing")] == ["a.csv"]
    assert len(landing_files(world.folder / "landing", settle_s=0)) == 3


def test_an_absent_landing_folder_holds_nothing(tmp_path: Path) -> None:
    assert landing_files(tmp_path / "absent") == []


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        take(tmp_path / "absent.csv")


def test_a_folder_instead_of_a_file_is_refused_and_the_files_in_it_named(world: Any) -> None:
    world.write("some/a.csv", b"x")
    with pytest.raises(InputError, match=r"is a folder.*a\.csv"):
        take(world.folder / "some")


def test_an_unknown_kind_is_refused_with_those_known(world: Any) -> None:
    with pytest.raises(InputError, match=r"\.parquet"):
        take(world.write("a.xlsx", b"x"))


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(InputError, match="not a regular file"):
        take(tmp_path / "a.csv")


def test_a_file_that_may_not_be_read_is_refused(world: Any) -> None:
    path = world.write("a.csv", b"x")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read every file")
    with pytest.raises(InputError, match="cannot be read"):
        take(path)


def test_the_digest_of_a_folder_follows_names_and_content(world: Any) -> None:
    world.write("reports/a.xml", b"x")
    first = take(world.folder / "reports").sha256
    world.write("reports/b.xml", b"x")
    assert take(world.folder / "reports").sha256 != first

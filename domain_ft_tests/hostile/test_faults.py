"""A machine that fails: each fault ends in one sentence, nothing half done is seen, and the same works afterwards.

What fails while a model trains stands in `test_training_faults.py`; kills stand in `domain_ft_tests/faults`.
"""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from domain_ft.faults import fault_sentence
from domain_ft.history.tables import read_history
from domain_ft.store.publish import pointed
from domain_ft_tests.faults.snapshot import visible_faults
from domain_ft_tests.hostile.failing import alter_byte, cut_short, file_size_limit, full_but_for, read_only, small_disk
from domain_ft_tests.hostile.place import DOMAIN, Place
from domain_ft_tests.landed_history import history

SMALL = ("--set", "triplets.minimum=1")
AHEAD = 400 * 24 * 3600.0
"""Seconds by which a clock was ahead before it was set back."""


def land(place: Place, first: int = 0, builds: int = 60) -> Path:
    """A history of 20 tests and so many builds, outside the state root."""
    return place.write(f"h{first}.csv", history(first, builds).encode())


def fails(place: Place, *arguments: str | Path) -> str:
    """The one line that a command ends with that could not do its work; nothing half done is left of it."""
    code, stdout, stderr = place.run(*arguments)
    assert (code, stdout) == (1, ""), stderr
    (line,) = stderr.splitlines()
    assert visible_faults(place.home) == []
    assert place.unfinished() == []
    return str(line)


def works(place: Place, *arguments: str | Path) -> None:
    code, _, stderr = place.run(*arguments)
    assert code == 0, stderr
    assert visible_faults(place.home) == []


@pytest.mark.parametrize("size", [0, 500, 3000])
def test_a_limit_on_file_sizes_stops_an_ingest(place: Place, size: int) -> None:
    file = land(place)
    with file_size_limit(size):
        line = fails(place, "ingest", DOMAIN, file)
    assert "File too large; raise the limit on the size of files (ulimit -f), then do this step again" in line
    works(place, "ingest", DOMAIN, file)


@pytest.mark.parametrize("size", [0, 2000])
def test_a_limit_on_file_sizes_stops_the_mining(place: Place, size: int) -> None:
    works(place, "ingest", DOMAIN, land(place))
    with file_size_limit(size):
        line = fails(place, "dataset", DOMAIN, *SMALL)
    assert "File too large; raise the limit on the size of files (ulimit -f)" in line
    assert pointed(place.home.triplets(DOMAIN) / "current") is None
    works(place, "dataset", DOMAIN, *SMALL)


@pytest.mark.parametrize("room", [0, 8, 24, 48])
def test_a_full_disk_stops_ingest_and_mining(place: Place, room: int) -> None:
    file = land(place)
    with small_disk(place.home.root, 2000):
        with full_but_for(place.home.root, room):
            assert "No space left on device; make room on that disk" in fails(place, "ingest", DOMAIN, file)
        works(place, "ingest", DOMAIN, file)
        with full_but_for(place.home.root, room // 4):
            assert "No space left on device; make room on that disk" in fails(place, "dataset", DOMAIN, *SMALL)
        works(place, "dataset", DOMAIN, *SMALL)


def test_a_second_version_that_finds_no_room_leaves_the_first_in_place(place: Place) -> None:
    with small_disk(place.home.root, 2000):
        works(place, "ingest", DOMAIN, land(place))
        first = pointed(place.home.raw(DOMAIN) / "current")
        with full_but_for(place.home.root, 8):
            fails(place, "ingest", DOMAIN, land(place, first=60))
        assert pointed(place.home.raw(DOMAIN) / "current") == first
        works(place, "ingest", DOMAIN, land(place, first=60))
        assert read_history(place.home.raw(DOMAIN) / "current").builds.height == 120


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("arguments", [["domains", "--json"], ["domains"]])
def test_an_answer_that_cannot_be_written_is_one_sentence(place: Place, arguments: list[str], buffered: bool) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    environment |= {} if buffered else {"PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "domain_ft.cli", *arguments]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert done.stderr == "domain-ft: No space left on device; make room on that disk, then do this step again\n"


def test_a_state_root_that_is_read_only_stops_what_writes_and_nothing_else(place: Place) -> None:
    file = land(place)
    works(place, "ingest", DOMAIN, file)
    with read_only(place.home.root):
        for command in (["ingest", DOMAIN, land(place, first=60)], ["dataset", DOMAIN, *SMALL]):
            line = fails(place, *command)
            assert "Read-only file system; name a folder that can be written (DOMAIN_FT_HOME)" in line
        works(place, "domains")
    works(place, "dataset", DOMAIN, *SMALL)


@pytest.mark.parametrize("damage", [alter_byte, cut_short, os.unlink])
@pytest.mark.parametrize("table", ["runs", "builds", "tests"])
def test_a_damaged_table_is_named_by_the_mining_and_by_the_next_ingest(
    place: Place, table: str, damage: Callable[[Path], None]
) -> None:
    works(place, "ingest", DOMAIN, land(place))
    folder = pointed(place.home.raw(DOMAIN) / "current")
    assert folder is not None
    damage(folder / f"{table}.parquet")

    for command in (["dataset", DOMAIN, *SMALL], ["ingest", DOMAIN, land(place, first=60)]):
        code, _, stderr = place.run(*command)
        assert code == 1
        assert f"{table}.parquet: " in stderr
        assert f"remove {folder} and make it again" in stderr
    assert pointed(place.home.triplets(DOMAIN) / "current") is None


@pytest.mark.parametrize("damage", [alter_byte, cut_short, os.unlink])
@pytest.mark.parametrize("table", ["triplets", "builds"])
def test_a_damaged_dataset_is_named_by_the_training_and_made_again_once_it_is_removed(
    place: Place, table: str, damage: Callable[[Path], None]
) -> None:
    works(place, "ingest", DOMAIN, land(place))
    works(place, "dataset", DOMAIN, *SMALL)
    folder = pointed(place.home.triplets(DOMAIN) / "current")
    assert folder is not None
    damage(folder / f"{table}.parquet")
    code, _, stderr = place.run("train", DOMAIN)
    assert code == 1
    assert f"{table}.parquet: " in stderr
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    works(place, "dataset", DOMAIN, *SMALL)


def test_an_error_about_two_files_names_both(tmp_path: Path) -> None:
    error = OSError(errno.ENOTEMPTY, "Directory not empty", str(tmp_path / "a"), None, str(tmp_path / "b"))
    assert str(fault_sentence(error)).startswith(f"{tmp_path}/a -> {tmp_path}/b: Directory not empty; move away")

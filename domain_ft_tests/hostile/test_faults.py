"""A machine that fails: each fault ends in one sentence, nothing half done is seen, and the same works afterwards.

What fails while a model trains stands in `test_training_faults.py`; kills stand in `domain_ft_tests/faults`.
"""

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from domain_ft.automation.asked import Ask, Asked, AskedIngest, open_ledger
from domain_ft.automation.landing import ask_for_ingest
from domain_ft.automation.retrain import ask_for_retrain, newest_content
from domain_ft.errors import InputError
from domain_ft.faults import fault_sentence
from domain_ft.history.tables import read_history
from domain_ft.store.publish import pointed
from domain_ft_tests.faults.snapshot import visible_faults
from domain_ft_tests.hostile.failing import alter_byte, cut_short, file_size_limit, full_but_for, read_only, small_disk
from domain_ft_tests.hostile.place import DOMAIN, Place
from domain_ft_tests.landed_history import drop, history
from domain_ft_tests.landing_world import World, a_row, as_csv

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


OLD = as_csv([a_row(TC_Key=f"old{number}") for number in range(20_000)] + [a_row(TC_Key="")])
NEW = as_csv([a_row(TC_Key=f"new{number}") for number in range(15_000)] + [a_row(TC_Key="")])


def replaced(path: Path) -> None:
    """A finished file of the same name takes the place of another."""
    beside = path.with_suffix(".part")
    beside.write_bytes(NEW)
    beside.replace(path)


def grown(path: Path) -> None:
    """Rows come to the end of a file."""
    with path.open("ab") as file:
        file.write(NEW.split(b"\n", 1)[1])


@pytest.mark.parametrize("change", [replaced, grown])
def test_a_file_that_changes_while_it_is_read_is_taken_as_it_was_or_not_at_all(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """Changed by another thread at ten moments of the ingest, each a little later than the one before."""
    started = time.monotonic()
    World(tmp_path / "undisturbed").land(OLD)
    usual = time.monotonic() - started
    refusals = []
    for tenth in range(10):
        world = World(tmp_path / str(tenth))
        path = world.write("history.csv", OLD)
        other = threading.Timer(usual * tenth / 8, change, [path])
        other.start()
        try:
            world.ingest(path)
            assert world.history().runs.height in (20_000, 15_000, 35_000)
        except InputError as error:
            refusals.append(str(error))
        other.join()
        world.ingest(path)
        known = set(world.history().runs["test_id"].to_list())
        assert {f"new{number}" for number in range(15_000)} <= known
        assert change is replaced or {f"old{number}" for number in range(20_000)} <= known
        assert world.rejected()["raw"].str.contains(",shop,,").all()
    assert refusals
    assert all("changed while it was read; ingest it again when it is finished" in said for said in refusals)


def ahead(folder: Path) -> None:
    """Everything below a folder was written before the clock was set back."""
    then = time.time() + AHEAD
    for path in [folder, *folder.rglob("*")]:
        os.utime(path, (then, then), follow_symlinks=False)


def test_a_landing_file_from_the_future_is_read_and_one_of_this_minute_waits(place: Place) -> None:
    drop(place.home, "ahead.csv", history(0, 60))
    ahead(place.home.landing(DOMAIN))
    drop(place.home, "growing.csv", history(60, 60), finished=False)
    works(place, "ingest", DOMAIN)
    assert read_history(place.home.raw(DOMAIN) / "current").builds.height == 60


def test_a_clock_that_was_set_back_neither_stops_nor_loses_anything(place: Place) -> None:
    works(place, "ingest", DOMAIN, land(place))
    works(place, "dataset", DOMAIN, *SMALL)
    with open_ledger(place.home, DOMAIN) as ledger:
        then = time.time() + AHEAD
        ledger.note_ingest(AskedIngest(by="sensor", at=then, key="k", files={}))
        content = ask_for_retrain_key(place)
        ledger.note_retrain(content, Asked(by="sensor", at=then))
    ahead(place.home.root)

    drop(place.home, "more.csv", history(60, 60))
    assert isinstance(ask_for_ingest(place.home, DOMAIN, by="sensor", find_run=lambda key: None), Ask)
    asked = ask_for_retrain(
        place.home,
        DOMAIN,
        needed=1,
        by="sensor",
        find_run=lambda key: None,
        find_training=lambda: None,
    )
    assert isinstance(asked, Ask)
    works(place, "ingest", DOMAIN)
    works(place, "dataset", DOMAIN, *SMALL)
    works(place, "clean", DOMAIN)
    assert read_history(place.home.raw(DOMAIN) / "current").builds.height == 120
    works(place, "dataset", DOMAIN, *SMALL)


def ask_for_retrain_key(place: Place) -> str:
    """Under which key the newest history is asked for."""
    current = newest_content(place.home, DOMAIN)
    assert current is not None
    return current.digest


@pytest.mark.parametrize(
    "words",
    [
        "[enforce fail at inline_container.cc:672] . unexpected pos 178048 vs 177936",
        "[enforce fail at inline_container.cc:858] . PytorchStreamWriter failed writing file data/0: file write failed",
    ],
)
def test_what_torch_says_of_a_full_disk_is_a_sentence(words: str) -> None:
    said = fault_sentence(RuntimeError(words), Path("/w"))
    assert said == "/w: a file could not be written to its end; make room on that disk, then do this step again"

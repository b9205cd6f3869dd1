"""MLflow's database is there whole, or not at all."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from domain_ft.registry.local_store import make_ready, store_path
from domain_ft.registry.noted import note_url, noted_url
from domain_ft.registry.tracking import describe_store
from domain_ft.store.home import Home

MAKE = """
import sys
from pathlib import Path
from domain_ft.registry.local_store import make_ready
from domain_ft.store.home import Home
make_ready(Home(Path(sys.argv[1])), 1)
"""


def tables(home: Home) -> int:
    with closing(sqlite3.connect(store_path(home))) as connection:
        (count,) = connection.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()
    return int(count)


@pytest.fixture(autouse=True)
def _state(home: Home) -> None:
    home.state.mkdir(parents=True)


def test_a_kill_while_it_is_made_leaves_nothing_that_stands_in_the_way(home: Home) -> None:
    process = subprocess.Popen([sys.executable, "-c", MAKE, str(home.root)])
    until = time.monotonic() + 60
    while not list(home.state.glob(".unfinished-mlflow-*")) and time.monotonic() < until:
        time.sleep(0.005)
    time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not store_path(home).exists()
    make_ready(home, 1)
    assert tables(home) > 20
    assert not list(home.state.glob(".unfinished-*"))


@pytest.mark.parametrize("there", [False, True])
def test_a_new_store_is_made_in_one_step(home: Home, there: bool) -> None:
    if there:
        store_path(home).touch()
    assert "0 registered models" in describe_store(home)
    assert tables(home) > 20
    assert [path.name for path in home.state.glob("*mlflow*")] == ["mlflow.db"]


def test_a_store_that_is_there_is_left_as_it_is(home: Home) -> None:
    make_ready(home, 1)
    before = store_path(home).read_bytes()
    make_ready(home, 1)
    assert store_path(home).read_bytes() == before


def test_a_database_made_anew_knows_nothing_of_what_was_noted_before(home: Home) -> None:
    make_ready(home, 1)
    note_url(home, "d", "v", "http://127.0.0.1:5000/#/experiments/1/runs/2")
    store_path(home).unlink()
    make_ready(home, 1)
    assert noted_url(home, "d", "v") is None
    assert not list((home.state / "registered").rglob("*.json"))

"""Cleaning what recordings of projects leave in the state root."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from domain_ft.retention.clean import clean_domain
from domain_ft.store.home import Home

DOMAIN, DAY_S = "test_history", 86400


def gone(world: Home, later: float) -> list[tuple[str, str]]:
    result = clean_domain(world, DOMAIN, 1, now=time.time() + later)
    return [(removal.kind, removal.path.name) for removal in result.removed]


@pytest.fixture
def journal(world: Home) -> Path:
    """The notes of a recording."""
    note = world.recordings / "0123456789ab" / "00000-first.json"
    note.parent.mkdir(parents=True)
    note.write_text("{}")
    return note


def test_a_recording_that_was_cut_short_waits_for_two_weeks(world: Home, journal: Path) -> None:
    assert gone(world, 13 * DAY_S) == []
    (named,) = clean_domain(world, DOMAIN, 1, dry_run=True, now=time.time() + 15 * DAY_S).removed
    assert named.why == "of a recording of a project that has rested for 14 days"
    assert gone(world, 15 * DAY_S) == [("recording", "0123456789ab")]
    assert not journal.exists()


def test_a_recording_under_way_is_never_touched(world: Home, journal: Path) -> None:
    with FileLock(world.recording_lock("0123456789ab")):
        assert gone(world, 99 * DAY_S) == []
    assert journal.exists()


def test_the_copies_of_a_killed_recording_go_and_those_of_a_living_one_stay(world: Home) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = [f".work-{process}-01234567" for process in (dead.pid, os.getpid())]
    for name in names:
        (world.recordings / name / "snapshot").mkdir(parents=True)
    assert gone(world, 5 * 3600) == []
    assert gone(world, 99 * DAY_S) == [("unfinished", names[0])]
    assert [folder.name for folder in world.recordings.iterdir()] == [names[1]]

"""What recordings copy to run in is gone in the end, however they ended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from domain_ft.recording.copies import fresh_copy, work_folder
from domain_ft_tests.recording.conftest import write_project


def test_a_work_folder_is_gone_after_its_block(tmp_path: Path) -> None:
    def interrupted() -> None:
        with work_folder(tmp_path) as work:
            (work / "left").mkdir()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_recording_left_goes_and_what_a_living_one_uses_stays(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead, living = tmp_path / f".work-{ended.pid}-0", tmp_path / f".work-{os.getppid()}-0"
    for folder in (dead, living):
        (folder / "left").mkdir(parents=True)
    with work_folder(tmp_path):
        assert not dead.exists()
        assert living.exists()


def test_a_fresh_copy_has_nothing_of_the_run_before_it(tmp_path: Path) -> None:
    snapshot = write_project(tmp_path / "snapshot", {"mod.py": "x = 1\n"})
    copy = write_project(tmp_path / "copy", {"mod.py": "x = 2\n", "left.py": ""})
    fresh_copy(snapshot, copy)
    assert {path.name: path.read_text() for path in copy.iterdir()} == {"mod.py": "x = 1\n"}


TAKES_AWAY_ITS_RIGHTS = """
import os, pathlib, shutil, tempfile
from domain_ft.recording.copies import fresh_copy
if os.geteuid() == 0:
    os.setuid(65534)  # root may do everything
place = pathlib.Path(tempfile.mkdtemp())
copy, snapshot = place / "copy", place / "snapshot"
inner = copy / "a" / "b" / "c"
inner.mkdir(parents=True)
(inner / "d").write_text("x")
inner.chmod(0)
inner.parent.chmod(0)
(copy / "a").chmod(0o500)
snapshot.mkdir()
fresh_copy(snapshot, copy)
assert not list(copy.iterdir())
shutil.rmtree(place)
"""


def test_a_run_that_took_away_the_right_to_remove_its_files_is_cleared_all_the_same() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", TAKES_AWAY_ITS_RIGHTS], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

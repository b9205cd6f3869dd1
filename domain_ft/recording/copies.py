"""Copies of a project to run in: one snapshot, and a fresh copy of it for every run; all gone in the end.

A killed recording cannot clean up after itself: the next one removes what a process that is no more has left.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

_WORK = ".work-"


@contextmanager
def work_folder(parent: Path) -> Iterator[Path]:
    """An empty folder until the end of the block, with its links resolved, as the interpreter will see it."""
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{_WORK}*"):
        owner = left.name.removeprefix(_WORK).partition("-")[0]
        if not owner.isdecimal() or not psutil.pid_exists(int(owner)):
            _remove(left)
    folder = parent.resolve() / f"{_WORK}{os.getpid()}-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    try:
        yield folder
    finally:
        _remove(folder)


def fresh_copy(snapshot: Path, target: Path) -> None:
    """Make `target` a copy of the snapshot, whatever a run has left there."""
    _remove(target)
    shutil.copytree(snapshot, target, symlinks=True)


def _remove(folder: Path) -> None:
    """Remove a folder, though changed code may have taken away the right to."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.is_dir():
        for inner, _, _ in os.walk(folder):
            Path(inner).chmod(0o700)
        shutil.rmtree(folder, ignore_errors=True)

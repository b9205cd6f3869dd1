"""Copies of a project to run in: one snapshot, and a fresh copy of it for every run; all gone in the end.

A killed recording cannot clean up after itself: the next one removes what a process that is no more has left.
"""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

_WORK = ".work-"
_LOCKED_DEEP = 16


@contextmanager
def work_folder(parent: Path) -> Iterator[Path]:
    """An empty folder until the end of the block, with its links resolved, as the interpreter will see it."""
    parent.mkdir(parents=True, exist_ok=True)
    for left in left_behind(parent):
        _remove(left)
    folder = parent.resolve() / f"{_WORK}{os.getpid()}-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    try:
        yield folder
    finally:
        _remove(folder)


def left_behind(parent: Path) -> Iterator[Path]:
    """The work folders whose process is no more."""
    for folder in parent.glob(f"{_WORK}*"):
        owner = folder.name.removeprefix(_WORK).partition("-")[0]
        if not owner.isdecimal() or not psutil.pid_exists(int(owner)):
            yield folder


def fresh_copy(snapshot: Path, target: Path) -> None:
    """Make `target` a copy of the snapshot, whatever a run has left there."""
    _remove(target)
    shutil.copytree(snapshot, target, symlinks=True)


def _remove(folder: Path) -> None:
    """Remove a folder, though changed code may have taken away the right to."""

    def allow(_: Callable[..., object], name: str, __: object) -> None:
        for path in (Path(name).parent, Path(name)):
            if path.is_relative_to(folder) and not path.is_symlink():
                with suppress(OSError):
                    path.chmod(0o700)

    for _ in range(_LOCKED_DEEP):  # each time one more locked folder can be looked into
        if folder.exists():
            shutil.rmtree(folder, onerror=allow)

"""Ways in which the machine around us fails, for as long as a block lasts."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

LOCKING = """
import sqlite3, sys, time
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(600)
"""


@contextmanager
def locked_by_another_process(database: Path) -> Iterator[None]:
    """A process holds an SQLite database for itself."""
    with subprocess.Popen([sys.executable, "-c", LOCKING, str(database)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        try:
            yield
        finally:
            other.kill()


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file of this process, or of one that it starts, may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def small_disk(folder: Path, kibibytes: int) -> Iterator[None]:
    """A disk of its own for a folder; the test is skipped where this user may not mount one."""
    with _mounted("-t", "tmpfs", "-o", f"size={kibibytes}k", "tmpfs", str(folder)):
        yield


@contextmanager
def full_but_for(disk: Path, kibibytes: int) -> Iterator[None]:
    """Only so much is left free on a disk."""
    filler = disk / ".filler"
    free = os.statvfs(disk)
    filler.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - kibibytes * 1024)))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that nobody may write to, not even root; the test is skipped where this user may not mount it so."""
    with _mounted("--bind", str(folder), str(folder)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True, capture_output=True)
        yield


@contextmanager
def _mounted(*arguments: str) -> Iterator[None]:
    try:
        subprocess.run(["mount", *arguments], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this user may not mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", arguments[-1]], check=True, capture_output=True)


def alter_byte(path: Path) -> None:
    """Change one byte in the middle of a file, and nothing else."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    """Take the last third of a file away."""
    os.truncate(path, path.stat().st_size * 2 // 3)

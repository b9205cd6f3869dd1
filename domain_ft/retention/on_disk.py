"""Folders, notes and locks as retention finds them: what is missing or cannot be read counts as not there."""

import json
import os
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, read_manifest


def is_locked(lock: Path) -> bool:
    """Whether a process holds a lock file."""
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except (Timeout, OSError):
        return True


def folders_in(parent: Path, *, hidden: bool = False) -> list[Path]:
    """The folders in a folder, hidden ones or the others, but for the pointers to those beside them."""
    if not parent.is_dir():
        return []
    found = sorted(path for path in parent.iterdir() if path.name.startswith(".") == hidden and path.is_dir())
    return [path for path in found if not (path.is_symlink() and path.resolve().parent == parent.resolve())]


def is_fixed(home: Home, folder: Path) -> bool:
    """Whether a folder lies behind a link anywhere between the state root and itself."""
    return folder.resolve() != home.root.resolve() / folder.relative_to(home.root)


def last_change(folder: Path) -> float:
    """When anything in a folder was last written."""
    newest = folder.stat().st_mtime
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            try:
                newest = max(newest, (Path(parent) / name).lstat().st_mtime)
            except FileNotFoundError:
                continue
    return newest


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """The manifest of a published folder; None for any other folder, which is not ours to judge."""
    try:
        return read_manifest(folder) if is_published(folder) else None
    except DomainFtError:
        return None


def note_in(path: Path) -> dict[str, Any]:
    """A note's content; empty where a note is missing or cannot be read."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}

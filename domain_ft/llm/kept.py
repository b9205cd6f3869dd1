"""Answers kept as they come: each is on the disk before the next question is asked, so that a stop loses none.

The file holds a line per answer. Whoever goes on with it asks nothing twice, and a last line that a kill cut off is
asked for again.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from domain_ft.errors import DomainFtError, InputError
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home


class KeptAnswers:
    """The rows of a file by their keys, in the order in which they were kept."""

    def __init__(self, file: BinaryIO, asking: str, rows: dict[str, dict[str, Any]]) -> None:
        self._file, self._asking, self._rows = file, asking, rows

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> dict[str, Any]:
        return self._rows[key]

    def __len__(self) -> int:
        return len(self._rows)

    def keep(self, key: str, row: dict[str, Any]) -> None:
        """Add a row; it is on the disk when this returns."""
        self._file.write(json.dumps({"asking": self._asking, "key": key, "row": row}).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._rows[key] = row


@contextmanager
def kept_answers(path: Path, asking: str) -> Iterator[KeptAnswers]:
    """The answers in a file, to which more are added; only one process at a time has them.

    `asking` is the digest of all that the answers depend on, beside their keys. InputError where those in the file came
    of something else; DomainFtError where another process has it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        rows = _read(path, asking)
        with path.open("ab") as file:
            yield KeptAnswers(file, asking, rows)


def _read(path: Path, asking: str) -> dict[str, dict[str, Any]]:
    if not path.exists():
        return {}
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    try:
        entries = [json.loads(line) for line in whole.split(b"\n") if line]
        of_others = any(entry["asking"] != asking for entry in entries)
        rows = {entry["key"]: entry["row"] for entry in entries}
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: is not as an earlier run left it; remove it, or write to another file") from None
    if of_others:
        raise InputError(
            f"{path}: holds the answers of another model, prompt or options; remove it, or write to another file"
        )
    return rows


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    lock = FileLock(Home.from_environment().lock(f"ask-{short(sha256_json(str(path.resolve())))}"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise DomainFtError(f"{path}: another command is writing it; wait for that, or stop it") from None
    try:
        yield
    finally:
        lock.release()

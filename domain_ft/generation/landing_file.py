"""The rows of a document as one landing file, which is there whole or not at all and never changes.

Its name holds the digest of its content: the same rows are the same file, other rows another one, and what ingest
has read stays what it was.
"""

import glob
import hashlib
import json
import os
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from domain_ft.faults import faults_as_sentences
from domain_ft.json_text import plain_json
from domain_ft.landing.folder import SETTLE_S
from domain_ft.store.digests import short

PREFIX = "generated-"
_LONGEST_NAME = 80
_LONGEST_LINE = 1 << 20
_ABANDONED_S = 3600.0


def write_landing_file(folder: Path, file_name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write the rows made of the document of this name; a file of the same rows that is there stays as it is."""
    content = "".join(f"{plain_json(row)}\n" for row in rows).encode()
    target = folder / f"{_beginning(file_name)}{short(hashlib.sha256(content).hexdigest())}.jsonl"
    with faults_as_sentences(target):
        folder.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            _publish(target, content)
    return target


def files_of_before(written: Path, file_name: str) -> list[Path]:
    """The other landing files with rows of the document of this name: of another content of it, or made otherwise."""
    found = sorted(written.parent.glob(f"{_beginning(file_name)}*.jsonl"))
    return [path for path in found if path != written and _document_of(path) == file_name]


def _beginning(file_name: str) -> str:
    return f"{PREFIX}{re.sub(r'[^A-Za-z0-9._-]+', '-', file_name)[:_LONGEST_NAME]}-"


def _document_of(path: Path) -> Any:
    """The document that a landing file's first row names; None where it names none."""
    try:
        with path.open("rb") as file:
            return json.loads(file.readline(_LONGEST_LINE)).get("file_name")
    except (OSError, ValueError, AttributeError):
        return None


def _sweep(target: Path) -> None:
    """Remove what a kill in the middle of writing the same file has left."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _ABANDONED_S:
                left.unlink()


def _publish(target: Path, content: bytes) -> None:
    _sweep(target)
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        settled = time.time() - 2 * SETTLE_S  # it is finished: the next look at the folder shall find it
        os.utime(beside, (settled, settled))
        beside.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    finally:
        beside.unlink(missing_ok=True)

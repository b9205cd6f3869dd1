"""Names for content: sha256 of files, of JSON values, of texts. Equal content, equal name, on every machine."""

import hashlib
import json
from pathlib import Path
from typing import Any

SHORT = 12
"""Hex digits of a folder's name: 48 bits, enough for one project's lifetime and still readable."""


def sha256_file(path: Path) -> str:
    """The hex sha256 of a file's bytes, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_json(value: Any) -> str:
    """The hex sha256 of a JSON value in its canonical form (sorted keys, no spaces, no NaN)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def short(digest: str) -> str:
    """The first 12 hex digits: how a folder is named."""
    return digest[:SHORT]

"""Cells into values: moments in time, and the items of a change. Pure functions, one call per distinct text."""

import ast
import json
import re
import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_UNITS = ((11, 1_000_000), (14, 1_000), (17, 1))
"""Digits of the whole part (up to), microseconds in a unit: seconds, milliseconds, microseconds."""
_YEARS = range(1970, 2200)
BETWEEN_BUILDS = timedelta(days=1)
"""From one numbered build to the next: long enough that a build's tests have ended when the next begins."""
LAST_BUILD = 80_000
"""The highest number of a build: its day lies in the years that moments may lie in."""
_BUILD_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_NUMBER = re.compile(r"([0-9]{9,19})(?:\.([0-9]{1,9}))?", re.ASCII)
_COMPACT = re.compile(r"(?:19|20)[0-9]{12}", re.ASCII)
_SPACED_OFFSET = re.compile(r" (?=[+-][0-9]{2}:?[0-9]{2}$)", re.ASCII)
_NAMED_UTC = re.compile(r"\s*(?:UTC|GMT)$", re.ASCII)
_HASH = re.compile(r"(?=.*[0-9])[0-9a-f]{7,64}|[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_NOTHING = frozenset({"nan", "none", "null", "[]"})
_DEPTH = 32
"""Lists in lists, at most; how far Python itself would go depends on who calls."""
_LONGEST_MOMENT = 64
"""Characters; a longer text is no moment, and searching it could take for ever."""


def parse_moment(text: str) -> datetime | None:
    """A moment in UTC from ISO 8601 (no offset means UTC) or an epoch in s, ms, µs or ns; None where it is neither.

    Only years from 1970 to 2199 are taken: what lies outside is a slip of the pen or another unit.
    """
    text = text.strip()
    if len(text) > _LONGEST_MOMENT:
        return None
    try:
        moment = _parse_number(text) if text.replace(".", "", 1).isdigit() and len(text) > 8 else _parse_iso(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment is not None and moment.year in _YEARS else None


def start_by_number(text: str) -> datetime | None:
    """The start of a build that has a number and no time: 1970-01-01 UTC and as many days as the number says.

    None where the text is no whole number from 0 to `LAST_BUILD`.
    """
    number = int(text) if _BUILD_NUMBER.fullmatch(text) else None
    return _EPOCH + number * BETWEEN_BUILDS if number is not None and number <= LAST_BUILD else None


def _parse_iso(text: str) -> datetime:
    text = _SPACED_OFFSET.sub("", _NAMED_UTC.sub("Z", text))
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _parse_number(text: str) -> datetime | None:
    if _COMPACT.fullmatch(text):
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    whole, fraction = match[1], match[2] or ""
    for digits, microseconds in _EPOCH_UNITS:
        if len(whole) <= digits:
            part = round(float(f"0.{fraction or 0}") * microseconds)
            return _EPOCH + timedelta(microseconds=int(whole) * microseconds + part)
    return _EPOCH + timedelta(microseconds=int(whole) // 1000)


def parse_items(text: str | None) -> list[str]:
    """The items of a cell: a JSON list, a stringified Python list, or the plain text itself as one item.

    The text is read, never run: only literals are understood, and whatever is not a list counts as plain text.
    """
    text = (text or "").strip()
    if not text or text.casefold() in _NOTHING:
        return []
    if text[0] == "[" and text[-1] == "]":
        items = _listed(text)
        if items is not None:
            return [item for item in map(str.strip, items) if item]
    return [text]


def _listed(text: str) -> list[str] | None:
    """The items of a JSON or Python list, or None; a Python list of plain texts is no JSON, and is tried at once.

    What is nested too deeply, or holds a number too long to write out, is no list of texts either.
    """
    for read in (_python_literal,) if text.startswith("['") else (json.loads, _python_literal):
        try:
            value = read(text)
            return _flat(value) if isinstance(value, list) else None
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
    return None


def _python_literal(text: str) -> Any:
    if "\\" not in text:
        return ast.literal_eval(text)
    with warnings.catch_warnings():  # an escape that Python does not know is a warning to the author of code
        warnings.simplefilter("ignore")
        return ast.literal_eval(text)


def _flat(value: Any, room: int = _DEPTH) -> list[str]:
    """The texts in lists of lists; ValueError where they are nested too deeply."""
    if value is None:
        return []
    if isinstance(value, list | tuple):
        if not room:
            raise ValueError("nested too deeply")
        return [text for item in value for text in _flat(item, room - 1)]
    text = value if isinstance(value, str) else str(value)
    return [text.encode(errors="replace").decode()]


def parse_paths(text: str | None) -> list[str]:
    """Components or paths: as `parse_items`, plain text also split at line ends and semicolons."""
    items = parse_items(text)
    return sorted({part.strip() for item in items for part in re.split(r"[\n;]", item)} - {""})


def is_change_id(item: str) -> bool:
    """Whether an item is a commit's hash or a repository's uuid and not a sentence."""
    item = item.casefold()
    return bool(_HASH.fullmatch(item) or _UUID.fullmatch(item))

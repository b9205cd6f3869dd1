r"""JSON objects, one per line, where lines end in `\n` bytes alone; what is not one plain object is refused.

Python's own line splitting also breaks at characters such as U+2028, which may stand inside a JSON text; and its
parser takes NaN and lets a second key win, both of which lose data without a word. Such lines are refused.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import orjson

from domain_ft.safe_text import brief

JSON_LINE_BYTES = 16 << 20
"""The longest line."""
_BLOCK = 1 << 20
_DEPTH = 64
_SHOWN = 200
_EXACT = float(1 << 53)
"""Whole numbers from here on orjson may have rounded, or taken for infinity."""
_SPACED = re.compile(rb'"[ \t\r\n]')
"""Where a key may stand that is not counted by its `":`."""
_BOM = b"\xef\xbb\xbf"


class RefusedLineError(Exception):
    """A line that is not one plain JSON object; the rule it breaks, with the column and the value where there are."""

    def __init__(self, rule: str, value: str | None = None, column: str | None = None) -> None:
        super().__init__(rule)
        self.rule, self.column, self.value = rule, column, value and brief(value, _SHOWN)


def json_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of each line that is not blank; of an endless one only the beginning."""
    number = 0
    with path.open("rb") as file:
        while line := file.readline(JSON_LINE_BYTES + 1):
            number += 1
            whole = line.endswith(b"\n")
            while not whole and (rest := file.readline(_BLOCK)):
                whole = rest.endswith(b"\n")
            if number == 1:
                line = line.removeprefix(_BOM)
            if line.strip():
                yield number, line


def parse_object(line: bytes) -> dict[str, Any]:
    """The object that a line is; RefusedLineError where it is something else."""
    return _parsed(line, float)


def _parsed(line: bytes, number: Callable[[str], float]) -> dict[str, Any]:
    if len(line) > JSON_LINE_BYTES:
        raise RefusedLineError("row_too_long")
    try:
        value = json.loads(
            line.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant, parse_float=number
        )
    except UnicodeDecodeError:
        raise RefusedLineError("bad_utf8") from None
    except RecursionError:
        raise RefusedLineError("json_too_deep") from None
    except ValueError as error:
        raise RefusedLineError("json_invalid", str(error)) from None
    if not isinstance(value, dict):
        raise RefusedLineError("json_not_object")
    return value


def parse_plain(line: bytes) -> dict[str, Any]:
    """The object that a line is, of bounded depth and in Unicode throughout; else RefusedLineError.

    orjson is asked first, which refuses what is no JSON or no Unicode; where it may have let a second key win, or says
    no, or where a number is too large for it, the line is read again with care.
    """
    try:
        quick = orjson.loads(line)
    except orjson.JSONDecodeError:
        quick = None
    few = line.count(b"[") + line.count(b"{") <= _DEPTH
    if isinstance(quick, dict) and few and not _SPACED.search(line):
        keys, exact = _looked_at(quick)
        if exact and keys == line.count(b'":'):
            return quick
    value = _parsed(line, _finite)
    plain_json(value)
    return value


def _looked_at(value: Any) -> tuple[int, bool]:
    """The keys of a value and of all values in it, and whether all numbers in it are exact."""
    count, exact = (len(value), True) if type(value) is dict else (0, True)
    for part in value.values() if type(value) is dict else value:
        kind = type(part)
        if kind is dict or kind is list:
            keys, sound = _looked_at(part)
            count, exact = count + keys, exact and sound
        elif kind is float and not -_EXACT < part < _EXACT:
            exact = False
    return count, exact


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        (key, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise RefusedLineError("json_duplicate_key", key)
    return value


def _constant(name: str) -> NoReturn:
    raise RefusedLineError("json_not_finite", name)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise RefusedLineError("json_not_finite", text)
    return value


def plain_json(value: Any) -> str:
    """A value as one line of JSON; RefusedLineError where it is too deep, or holds half of a surrogate pair."""
    if _is_too_deep(value):
        raise RefusedLineError("json_too_deep")
    text = json.dumps(value, ensure_ascii=False)
    check_unicode(text)
    return text


def quick_json(value: Any) -> str:
    """A value of which all parts were read as JSON before, as one line of JSON without spaces."""
    return _dumped(value, 0)


def json_key(value: Any) -> str:
    """As `quick_json`, and the same whatever the order of the keys."""
    return _dumped(value, orjson.OPT_SORT_KEYS)


def _dumped(value: Any, option: int) -> str:
    try:
        return orjson.dumps(value, option=option).decode()
    except TypeError:  # a number of more than 64 bits
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=bool(option))


def check_unicode(text: str) -> None:
    """RefusedLineError for a text that is none: no UTF-8 can hold it."""
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RefusedLineError("json_bad_unicode") from None


def _is_too_deep(value: Any) -> bool:
    deepest, level = 0, [value]
    while level and deepest <= _DEPTH:
        deepest += 1
        level = [
            part
            for item in level
            if isinstance(item, list | dict)
            for part in (item.values() if isinstance(item, dict) else item)
        ]
    return deepest > _DEPTH

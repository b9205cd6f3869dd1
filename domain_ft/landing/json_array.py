"""A JSON file that is one array of objects: its elements, each with the line that it begins on.

The elements are found one after the other, so that a row keeps its line and its raw text, and each of them is then
read by the same strict parser as a line of a JSONL file.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.landing.limits import JSON_ARRAY_BYTES

_SPACE = " \t\n\r"
_OPENS, _CLOSES = "[{", "]}"
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def array_elements(path: Path, plain: Path) -> Iterator[tuple[int, bytes]]:
    """Line (from 1) and bytes of each element; InputError where the file is no array of at most `JSON_ARRAY_BYTES`."""
    size = plain.stat().st_size
    if size > JSON_ARRAY_BYTES:
        raise InputError(
            f"{path}: a JSON array of {size:,} bytes is read as a whole, and {JSON_ARRAY_BYTES:,} are the limit; write "
            "it as JSON Lines (.jsonl), one object per line"
        )
    try:
        text = plain.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from None
    place = _skip(text, 0)
    if text[place : place + 1] != "[":
        raise InputError(f"{path}: is no JSON array; write [ ... ] around its objects, or one object per line (.jsonl)")
    place, line, counted = _skip(text, place + 1), 1, 0
    while text[place : place + 1] != "]":
        line, counted = line + text.count("\n", counted, place), place
        end = _end_of_element(text, place)
        if end is None:
            raise InputError(f"{path}:{line}: the array is cut short or broken here; write the file again")
        yield line, text[place:end].encode("utf-8", "surrogatepass")
        place = _skip(text, end)
        if text[place : place + 1] == ",":
            place = _skip(text, place + 1)
        elif text[place : place + 1] != "]":
            raise InputError(f"{path}:{line}: a comma or ] is missing after this element; write the file again")


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def _end_of_element(text: str, place: int) -> int | None:
    """Where an element ends: its bracket's counterpart, or the next comma or bracket; None where it does not."""
    depth, start = 0, place
    while place < len(text):
        sign = text[place]
        if sign == '"':
            quoted = _STRING.match(text, place)
            if quoted is None:
                return None
            place = quoted.end() - 1
        elif sign in _OPENS:
            depth += 1
        elif sign in _CLOSES:
            if not depth:
                return place if place > start else None
            depth -= 1
        elif sign == "," and not depth:
            return place if place > start else None
        place += 1
        if not depth and text[start] in _OPENS:
            return place
    return None

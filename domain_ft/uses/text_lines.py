"""The lines of a file that a person names, in UTF-8 or in UTF-16 with its mark (as Windows writes "Unicode").

A file that is no text is refused, before a model makes vectors of its bytes.
"""

import codecs
from collections.abc import Iterator
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.json_text import JSON_LINE_BYTES, RefusedLineError, json_lines
from domain_ft.safe_text import brief

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_TOLD = {
    "bad_utf8": "not UTF-8",
    "row_too_long": f"longer than {JSON_LINE_BYTES >> 20} MiB",
    "json_invalid": "no JSON",
    "json_not_object": "no JSON object",
    "json_duplicate_key": "a key twice",
    "json_not_finite": "a number that JSON does not have",
    "json_too_deep": "nested too deeply",
    "json_bad_unicode": "half a character",
}
"""The rules that a line breaks, as a person reads them."""


def text_lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes, in UTF-8, of each line that is not blank; InputError where the file is no text, or
    cannot be read."""
    try:
        for number, line in _lines(file):
            if b"\0" in line:
                raise InputError(
                    f"{brief(str(file))}: is binary, or text in another encoding than it says (line {number} holds a "
                    "NUL character); save it as UTF-8"
                )
            yield number, line
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{brief(str(file))}: cannot be read ({why}); name a file that can") from None


def plain_text(line: bytes) -> str:
    """The text of a line; RefusedLineError where it is none, or endless."""
    if len(line) > JSON_LINE_BYTES:
        raise RefusedLineError("row_too_long")
    try:
        return line.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise RefusedLineError("bad_utf8") from None


def told(refused: RefusedLineError) -> str:
    """What is wrong with a line: its column where there is one, the rule and the value."""
    said = ": ".join(filter(None, (refused.column, _TOLD.get(refused.rule, refused.rule))))
    return f"{said}; {refused.value}" if refused.value else said


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    from domain_ft.documents.plain_text import decoded

    if not _is_utf16(file):
        yield from json_lines(file)
        return
    for number, line in enumerate(decoded(file).split("\n"), 1):
        if line.strip():
            yield number, line.encode()


def _is_utf16(file: Path) -> bool:
    """Whether a file begins with the mark; a pipe (`<(grep ...)`) is not asked, for it can be read only once."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(2) in _UTF16

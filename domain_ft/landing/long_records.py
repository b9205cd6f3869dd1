"""CSV records that are longer than duckdb reads: found, and replaced by short ones that it is sure to refuse.

Beyond its limit duckdb takes a row apart, invents rows from the inside of a quoted cell, or drops the row without a
word, depending on where the row lies in the file. A copy without such rows keeps every line where it was.
"""

import mmap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from domain_ft.landing.csv_records import csv_records
from domain_ft.landing.limits import CSV_ROW_BYTES

_BLOCK = 1 << 20
_STAND_IN = b"\xff"
"""No UTF-8, so refused within a quoted cell, too, and in a table of one column."""


@dataclass(frozen=True)
class LongRecord:
    """A record over the limit: where it begins, how many lines it takes, and the beginning of its text."""

    line: int
    lines: int
    raw: bytes


def has_endless_line(path: Path) -> bool:
    """Whether some line surely takes more than 1 MiB: it fills a whole block. Of each block a few bytes are read."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        whole = range(0, len(content) - _BLOCK + 1, _BLOCK)
        return any(content.find(b"\n", start, start + _BLOCK) < 0 for start in whole)


def cut_long_records(path: Path, copy: Path, delimiter: str) -> dict[int, LongRecord]:
    """The file's records over the limit, by line; where there are any, `copy` is the file with stand-ins for them."""
    cuts: list[tuple[int, int]] = []
    found: dict[int, LongRecord] = {}
    with csv_records(path, delimiter) as records:
        for start, stop in records.spans():
            if stop - start > CSV_ROW_BYTES:
                line = records.line(start)
                found[line] = LongRecord(line, records.lines(start, stop), records.raw(start, stop))
                cuts.append((start, stop))
    if cuts:
        with path.open("rb") as source, copy.open("wb") as target:
            _copy_without(source, target, zip(cuts, found.values(), strict=True))
    return found


def _copy_without(source: BinaryIO, target: BinaryIO, cuts: Iterable[tuple[tuple[int, int], LongRecord]]) -> None:
    for (start, stop), record in cuts:
        _copy(source, target, start - source.tell())
        target.write(_STAND_IN)
        for done in range(0, record.lines, _BLOCK):
            target.write(b"\n" * min(_BLOCK, record.lines - done))
        source.seek(stop)
    _copy(source, target, None)


def _copy(source: BinaryIO, target: BinaryIO, count: int | None) -> None:
    """Copy so many bytes, or all that are left."""
    left = count
    while left is None or left > 0:
        block = source.read(_BLOCK if left is None else min(_BLOCK, left))
        if not block:
            return
        target.write(block)
        left = None if left is None else left - len(block)

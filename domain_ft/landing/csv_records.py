"""Where each record of a CSV file stands: its bytes, its lines, its raw text.

duckdb reads the cells, fast, but knows neither the lines of the rows it takes nor, where cells span lines, those of
the rows it refuses; this slower and exact walk is made only when there are rejected rows to name.
"""

import mmap
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain_ft.landing.limits import HEADER_BYTES

_RAW_BYTES = 1 << 16
_BLOCK = 32 << 20


class CsvRecords:
    """The records of a file that is mapped, not read: pages that were walked over are given back."""

    def __init__(self, content: mmap.mmap, delimiter: str) -> None:
        self._content = content
        self._pattern = _record(delimiter)
        self._counted, self._line = 0, 1

    def spans(self) -> Iterator[tuple[int, int]]:
        """First byte and the byte after each record, the header too, blank lines left out."""
        given_back = 0
        for found in self._pattern.finditer(self._content):
            start, stop = found.span()
            if stop - start > 2 or self._content[start:stop].strip(b"\r\n"):
                yield start, stop
            if stop - given_back > _BLOCK:
                self.line(stop)
                given_back = stop - stop % mmap.PAGESIZE
                self._content.madvise(mmap.MADV_DONTNEED, 0, given_back)

    def line(self, byte: int) -> int:
        """The line (from 1) of a byte; asked in rising order."""
        self._line += self._count(self._counted, byte)
        self._counted = byte
        return self._line

    def lines(self, start: int, stop: int) -> int:
        """How many lines these bytes span."""
        return max(1, self._count(start, stop))

    def content_end(self, start: int, stop: int) -> int:
        """The byte after a record's last letter, its line end left out."""
        tail = self._content[max(start, stop - 2) : stop]
        return stop - len(tail) + len(tail.rstrip(b"\r\n"))

    def raw(self, start: int, stop: int) -> bytes:
        """These bytes, the first 64 KiB of them."""
        return self._content[start : min(stop, start + _RAW_BYTES)]

    def _count(self, start: int, stop: int) -> int:
        return sum(self._content[at : min(at + _BLOCK, stop)].count(b"\n") for at in range(start, stop, _BLOCK))


@contextmanager
def csv_records(path: Path, delimiter: str) -> Iterator[CsvRecords]:
    """The records of a file that is not empty."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield CsvRecords(content, delimiter)


def first_record(path: Path, delimiter: str) -> tuple[bytes, int] | None:
    """The first record that is not blank and its line, or None where none ends in the file's first 64 KiB."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES + 1)
    for found in _record(delimiter).finditer(head):
        if found[0].strip(b"\r\n") and found.end() <= HEADER_BYTES:
            return found[0], head.count(b"\n", 0, found.start()) + 1
    return None


def _record(delimiter: str) -> re.Pattern[bytes]:
    """A whole record with its line end; a quote opens at a cell's start alone, and one never closed goes to the end."""
    by = re.escape(delimiter.encode())
    other = b"[^" + by + rb"\n]*+"
    cell = rb'(?: *+"(?:[^"]++|"")*+(?:"' + other + rb'|\Z)|(?! *+")' + other + b")"
    return re.compile(cell + b"(?:" + by + cell + rb")*+(?:\n|\Z)")

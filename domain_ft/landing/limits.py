"""How large the parts of a landing file may be: far above what real histories hold, far below what fills a machine.

A row that is over a limit is rejected, with its line; a file that would fill the disk or the memory is refused. What
has no limit is the size of a plain file: it is streamed.
"""

import shutil
from pathlib import Path

import psutil

from domain_ft.errors import DomainFtError, InputError

CELL_BYTES = 1 << 20
"""The longest cell that is believed: 1 MiB."""
CSV_ROW_BYTES = 2_000_000
"""The longest row of a CSV file, line ends in quoted cells included (it is duckdb's own limit)."""
HEADER_BYTES = 1 << 16
"""The longest header of a CSV file."""
COLUMNS = 4_000
"""Columns of a CSV file."""
JSON_ARRAY_BYTES = 256 << 20
"""The largest JSON file that is one array; lines have no such limit."""
JSON_KEYS = 10_000
"""Different keys that are looked at in a JSONL file; more mean that keys are data."""
XML_TOKEN_BYTES = 16 << 20
"""The longest tag or comment of a JUnit report; captured output may be of any length, it is not kept."""
XML_ELEMENTS = 1_000_000
"""Elements of one JUnit report."""
BATCH_BYTES = 256 << 20
"""Text of one frame at most, however few rows that is."""
UNPACKED_BYTES, UNPACKED_RATIO = 4 << 30, 500
"""A gzip file is a bomb if it gives more than both: 4 GiB, and 500 bytes for each of its own."""
FREE_BYTES = 1 << 30
"""Unpacking stops before less than 1 GiB is left free on the disk."""
HELD_BYTES = 1 << 30
"""Texts that are gathered without asking whether there is memory to work with them, which takes twice as much."""


def check_unpacked(path: Path, unpacked: int, work: Path) -> None:
    """InputError where a gzip file has given so many bytes that it is a bomb, or the disk of `work` is nearly full."""
    packed = path.stat().st_size
    if unpacked > max(UNPACKED_BYTES, UNPACKED_RATIO * packed):
        raise InputError(
            f"{path}: {packed:,} bytes unpack to more than {unpacked:,}, as only a decompression bomb does; if it is "
            "meant to be that large, unpack it and hand in the plain file"
        )
    free = shutil.disk_usage(work).free
    if free < FREE_BYTES:
        raise InputError(
            f"{path}: unpacks to more than {unpacked:,} bytes, and only {free:,} are left free at {work}; "
            "make room there, or unpack it elsewhere and hand in the plain file"
        )


def check_memory(held: int) -> None:
    """DomainFtError where the different texts gathered so far leave too little memory to go on with them."""
    free = psutil.virtual_memory().available
    if held > HELD_BYTES and free < 2 * held:
        raise DomainFtError(
            f"the different texts of these files come to {held:,} bytes, and only {free:,} bytes of memory are left to "
            "work with them; see that no column with a text of its own in every row is mapped, or use a larger machine"
        )

"""The first triplets as a CSV for a spreadsheet, where a cell that begins like a formula must stay a text."""

import csv
from pathlib import Path

import polars as pl

PREVIEW_ROWS = 100
_LONGEST = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_preview(path: Path, triplets: pl.DataFrame) -> None:
    """Write the first 100 rows; long texts are cut, and cells that a spreadsheet would compute get a leading quote."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(triplets.columns)
        writer.writerows([harmless(cell) for cell in row] for row in triplets.head(PREVIEW_ROWS).iter_rows())


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP: CSV injection), at most 1,000 characters long."""
    text = cell if len(cell) <= _LONGEST else cell[: _LONGEST - 1] + "…"
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text

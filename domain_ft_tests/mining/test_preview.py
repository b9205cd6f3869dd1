"""The preview is a CSV that a spreadsheet shows as text, whatever people wrote into commits."""

import csv
from pathlib import Path

import polars as pl
import pytest

from domain_ft.mining.preview import harmless, write_preview


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "  ="])
def test_a_cell_that_begins_like_a_formula_gets_a_quote(start: str) -> None:
    assert harmless(f'{start}HYPERLINK("http://x")') == f'\'{start}HYPERLINK("http://x")'


@pytest.mark.parametrize("text", ["", "fix a-b", "1=1", "'quoted", "…"])
def test_other_cells_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_long_texts_are_cut() -> None:
    assert len(harmless("x" * 5000)) == 1000


def test_the_first_hundred_rows_are_written_and_read_back_whole(tmp_path: Path) -> None:
    triplets = pl.DataFrame({"anchor": [f'row {i}, "quoted"\nline' for i in range(150)], "positive": ["=1+1"] * 150})
    write_preview(tmp_path / "preview.csv", triplets)
    with (tmp_path / "preview.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["anchor", "positive"]
    assert rows[1] == ['row 0, "quoted"\nline', "'=1+1"]
    assert len(rows) == 101

"""An evaluation file is read like a file of pairs, and every row of it has to be usable."""

from pathlib import Path

import pytest

from domain_ft.errors import InputError
from domain_ft.landing.evaluation_file import read_evaluation_file
from domain_ft.landing.settings import PairSource

SOURCE = PairSource.model_validate({"columns": {"query": "asked", "passage": "answer", "negative": None}})


def test_rows_are_read_by_the_domains_columns(tmp_path: Path) -> None:
    file = tmp_path / "judged.csv"
    file.write_text("asked,answer\nwhere is the oil filter,behind the front cover of the engine\n")
    pairs, sha256 = read_evaluation_file(file, SOURCE)
    assert pairs.select("query", "passage").rows() == [
        ("where is the oil filter", "behind the front cover of the engine")
    ]
    assert len(sha256) == 64


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("asked,answer\nwhere is the oil filter,behind the cover of it\nwhere is it,\n", r"line 3, .*passage_missing"),
        ("asked,answer\noil,behind the front cover\n", r"line 2, .*query_too_short"),
        ("asked,answer\n", "has no rows"),
        ("question,answer\na b c,d e f\n", "column 'asked' is missing"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "judged.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=why):
        read_evaluation_file(file, SOURCE)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"judged\.csv: no such file"):
        read_evaluation_file(tmp_path / "judged.csv", SOURCE)

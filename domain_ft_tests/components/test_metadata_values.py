"""How values are shown on the pages of Dagster: rounded, in lines that fit, in tables that can be read."""

import pytest

from domain_ft.components.metadata_values import LINE, LONGEST, sentence, table
from domain_ft.resources.plots import rounded


def test_a_long_sentence_is_broken_into_lines_that_are_seen_whole() -> None:
    lines = sentence("WIN: the candidate is better than the base: MAP 0.254 against 0.129, on 95 builds.").md_str.split(
        "\n"
    )
    assert len(lines) == 2
    assert max(len(line.rstrip()) for line in lines) <= LINE
    assert lines[0].endswith("  "), "two spaces make a line of Markdown end"


def test_a_sentence_is_shown_as_it_is() -> None:
    assert sentence("mrr_at_10 *fell* <b> [1]").md_str == r"mrr\_at\_10 \*fell\* \<b\> \[1\]"


@pytest.mark.parametrize(("value", "expected"), [(5e-5, 5e-5), (1 / 7000, 0.0001429), (0.0, 0.0), (7, 7), (-0.5, -0.5)])
def test_small_values_keep_their_digits_and_counts_stay_whole(value: float, expected: float) -> None:
    assert rounded(value) == expected
    assert type(rounded(value)) is type(value)


def test_a_table_has_all_columns_in_every_row_and_cuts_long_texts() -> None:
    shown = table([{"name": "a" * 500}, {"name": None, "count": 3}])
    assert [column.name for column in shown.schema.columns] == ["name", "count"]
    assert shown.records[0].data["count"] is None
    assert len(str(shown.records[0].data["name"])) == LONGEST


def test_an_empty_table_is_shown_as_one() -> None:
    assert table([]).records == []

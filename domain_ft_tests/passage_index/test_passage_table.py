"""What a table of passages finds, whatever stands in the texts."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.errors import DomainFtError
from domain_ft.passage_index.passage_table import PassageTable
from domain_ft_tests.passage_index.tables import built_table, passages_of, unit_vectors

ODD = (
    'He said "pump" and it\'s fine',
    "a NUL \x00 in the middle of a belt",
    "the 💥 valve",
    "line one\nline two\u2028line three gear",
    "DROP TABLE passages; -- bearing",
    "Array#sumOfSquares fails",
)


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> PassageTable:
    folder = tmp_path_factory.mktemp("odd")
    built_table(folder, passages_of(ODD, ["it's", None, "b", "b", "b", "c"]), unit_vectors(len(ODD)))
    return PassageTable(folder)


def test_texts_come_back_to_the_last_character(odd: PassageTable) -> None:
    assert tuple(each["text"] for each in odd.passages(range(len(ODD)))) == ODD


@pytest.mark.parametrize(
    ("query", "row"),
    [("pumps", 0), ("BELT", 1), ("valve", 2), ("gears", 3), ("bearing", 4), ("squares", 5), ("sumOfSquares", 5)],
)
def test_a_word_is_found_in_whatever_form_and_place(odd: PassageTable, query: str, row: int) -> None:
    assert odd.matching(query, 10).rows == (row,)


@pytest.mark.parametrize("query", ["!!!", "the", "", '"', "\x00", "AND OR NOT (", "* : ^ ~"])
def test_what_holds_no_word_that_counts_finds_nothing(odd: PassageTable, query: str) -> None:
    assert odd.matching(query, 10).rows == ()


@given(st.text(max_size=40))
def test_no_query_breaks_the_search(odd: PassageTable, query: str) -> None:
    assert set(odd.matching(query, 10).rows) <= set(range(len(ODD)))
    assert odd.row_of(query) is None


def test_a_part_is_looked_in_alone_even_one_with_a_quotation_mark(odd: PassageTable) -> None:
    vector = unit_vectors(1, seed=9)[0]
    assert set(odd.nearest(vector, 10, part="b").rows) == {2, 3, 4}
    assert odd.nearest(vector, 10, part="it's").rows == (0,)
    assert odd.matching("bearing valve pump", 10, part="b").rows in ((2, 4), (4, 2))
    assert odd.parts == ("b", "c", "it's")


def test_more_than_there_is_gives_all(odd: PassageTable) -> None:
    assert sorted(odd.nearest(unit_vectors(1, seed=9)[0], 1000).rows) == list(range(len(ODD)))


def test_the_nearest_are_those_of_the_highest_cosine(odd: PassageTable) -> None:
    vector, vectors = unit_vectors(1, seed=9)[0], unit_vectors(len(ODD))
    found = odd.nearest(vector, 3)
    cosines = vectors @ vector
    assert list(found.rows) == np.argsort(-cosines)[:3].tolist()
    np.testing.assert_allclose(found.scores, np.sort(cosines)[::-1][:3], atol=1e-6)


def test_a_passage_is_found_by_its_id(odd: PassageTable) -> None:
    assert odd.row_of("p3") == 3
    assert odd.row_of("' OR passage_id = 'p3") is None


def test_equal_scores_stand_in_the_order_of_rows(tmp_path: Path) -> None:
    texts = [f"same words {number}" for number in range(5)]
    built_table(tmp_path, passages_of(texts), np.repeat(unit_vectors(1), 5, axis=0))
    assert PassageTable(tmp_path).nearest(unit_vectors(1, seed=3)[0], 5).rows == (0, 1, 2, 3, 4)


def test_vectors_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    vectors = unit_vectors(3)
    vectors[1, 0] = np.nan
    with pytest.raises(DomainFtError, match="not finite numbers"):
        built_table(tmp_path, passages_of(["a b", "c d", "e f"]), vectors)


def test_a_table_that_is_gone_is_said_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(DomainFtError, match=r"does not answer .*; run domain-ft index manuals"):
        PassageTable(tmp_path / "gone", "run domain-ft index manuals").nearest(unit_vectors(1)[0], 3)

"""What an open index answers."""

import pytest

from domain_ft.errors import InputError
from domain_ft.passage_index.passage_index import PassageIndex
from domain_ft.passage_index.query import Asked, Mode, readable
from domain_ft.store.vectors import FloatArray
from domain_ft_tests.passage_index.tables import built_table, opened, passages_of, unit_vectors

TEXTS = ("the pump is cleaned", "the belt is changed", "the pump is changed", "oil is filled in")
PARTS = ("pumps", "belts", "pumps", None)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> PassageIndex:
    folder = tmp_path_factory.mktemp("index")
    return opened(folder, built_table(folder, passages_of(TEXTS, PARTS), unit_vectors(len(TEXTS))))


def like_oil(text: str) -> FloatArray:
    """An embedding that is nearest to the last passage."""
    return unit_vectors(len(TEXTS))[3]


def never(text: str) -> FloatArray:
    raise AssertionError("nothing was to be encoded")


def ids(index: PassageIndex, **asked: object) -> list[str]:
    return [each.passage_id for each in index.search(Asked(**asked), like_oil).results]  # type: ignore[arg-type]


def test_the_hybrid_finds_what_words_or_meaning_find(index: PassageIndex) -> None:
    first = index.search(Asked("pump", k=4), like_oil).results
    by_id = {each.passage_id: each for each in first}
    assert {each.passage_id for each in first[:3]} == {"p0", "p2", "p3"}
    assert by_id["p3"].bm25 is None
    assert by_id["p3"].cosine == pytest.approx(1.0, abs=1e-5)
    assert by_id["p0"].words_rank in (1, 2)
    assert [each.rank for each in first] == [1, 2, 3, 4]


def test_words_alone_need_no_model(index: PassageIndex) -> None:
    found = index.search(Asked("pumps", mode="words"), never).results
    assert {each.passage_id for each in found} == {"p0", "p2"}
    assert [each.score for each in found] == [each.bm25 for each in found]


def test_meaning_alone_scores_by_the_cosine(index: PassageIndex) -> None:
    found = index.search(Asked("pumps", mode="vector", k=1), like_oil).results
    assert [(each.passage_id, each.score == each.cosine) for each in found] == [("p3", True)]


def test_more_than_the_corpus_gives_all_of_it(index: PassageIndex) -> None:
    for mode in ("hybrid", "vector"):
        assert sorted(ids(index, text="pump", k=1000, mode=mode)) == ["p0", "p1", "p2", "p3"]


def test_a_part_alone_is_looked_in(index: PassageIndex) -> None:
    assert sorted(ids(index, text="changed", part="pumps")) == ["p0", "p2"]


def test_a_part_that_is_not_there_is_refused_with_those_that_are(index: PassageIndex) -> None:
    with pytest.raises(InputError, match=r"part 'valves': no passage belongs to it; there are belts, pumps"):
        index.search(Asked("pump", part="valves"), never)


@pytest.mark.parametrize("mode", ["hybrid", "vector", "words"])
def test_however_many_are_asked_for_all_there_are_is_the_answer(index: PassageIndex, mode: Mode) -> None:
    found = ids(index, text="pump changed oil belt", k=10**20, mode=mode)
    assert len(found) == len(set(found)) > 1


def test_bytes_that_are_no_text_are_refused_before_anything_is_encoded(index: PassageIndex) -> None:
    with pytest.raises(InputError, match="the query is no text after 4 characters; type it in UTF-8"):
        index.search(Asked("pump\udcff"), never)


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_an_empty_query_is_refused_before_anything_is_encoded(index: PassageIndex, text: str) -> None:
    with pytest.raises(InputError, match="the query is empty"):
        index.search(Asked(text), never)


def test_a_query_of_marks_alone_is_looked_for_by_its_meaning_and_that_is_said(index: PassageIndex) -> None:
    found = index.search(Asked("?!?"), like_oil)
    assert found.results[0].passage_id == "p3"
    assert found.notes == ("no passage holds a word of the query that counts",)


def test_of_a_query_of_ten_megabytes_the_beginning_is_looked_for(index: PassageIndex) -> None:
    seen: list[str] = []

    def encode(text: str) -> FloatArray:
        seen.append(text)
        return like_oil(text)

    found = index.search(Asked("pump " * 2_000_000), encode)
    assert [len(text) <= 10_000 for text in seen] == [True]
    assert found.notes == ("the query has 10,000,000 characters; its first 10,000 are looked for",)


def test_white_space_before_the_beginning_is_no_query() -> None:
    with pytest.raises(InputError, match="the query is empty"):
        readable(" " * 500 + "pump", 100)


def test_what_is_like_a_passage_leaves_it_out(index: PassageIndex) -> None:
    found = index.similar_to(3, 10).results
    assert sorted(each.passage_id for each in found) == ["p0", "p1", "p2"]
    assert [each.rank for each in found] == [1, 2, 3]

"""What an open index answers."""

from pathlib import Path

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


@pytest.mark.parametrize(
    ("parts", "said"),
    [(("P1", None), "no passage belongs to it; there is only P1"), ((None, None), "belongs to it; there are no parts")],
)
def test_one_part_or_none_is_told_as_that(tmp_path: Path, parts: tuple[str | None, ...], said: str) -> None:
    one = opened(tmp_path, built_table(tmp_path, passages_of(TEXTS[:2], parts), unit_vectors(2)))
    with pytest.raises(InputError, match=f"{said}$"):
        one.search(Asked("pump", part="valves"), never)


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


REPEATED = ("login works", "Login  works", "login works", "logout works", "login works", "menu opens", "login works")
IN_PARTS = ("web", "web", "app", "app", "app", "web", "web")


@pytest.fixture(scope="module")
def repeated(tmp_path_factory: pytest.TempPathFactory) -> PassageIndex:
    """Tests of which five say the same, and two others; copies have one vector."""
    folder = tmp_path_factory.mktemp("repeated")
    vectors = unit_vectors(3)[[0, 0, 0, 1, 0, 2, 0]]
    return opened(folder, built_table(folder, passages_of(REPEATED, IN_PARTS), vectors))


def test_what_is_like_a_text_that_many_passages_say_is_what_the_others_say(repeated: PassageIndex) -> None:
    found = repeated.like("LOGIN works", unit_vectors(3)[0], 2)
    assert sorted(each.passage_id for each in found.results) == ["p3", "p5"]
    assert found.notes == ("5 passages say the same, and are left out: p0, p1, p2, p4, p6",)


def test_a_passage_by_its_row_and_by_its_text_is_like_the_same_others(repeated: PassageIndex) -> None:
    by_row, by_text = repeated.similar_to(4, 1), repeated.like(REPEATED[4], unit_vectors(3)[0], 1)
    assert [each.passage_id for each in by_row.results] == [each.passage_id for each in by_text.results]
    assert by_row.notes == ("4 passages say the same, and are left out: p0, p1, p2, p6",)


def test_copies_are_passed_over_within_a_part_too(repeated: PassageIndex) -> None:
    found = repeated.like("login works", unit_vectors(3)[0], 5, "web")
    assert [each.passage_id for each in found.results] == ["p5"]
    assert found.notes == ("3 passages say the same, and are left out: p0, p1, p6",)


def test_more_copies_than_the_index_looks_for_at_once_hide_no_others(tmp_path: Path) -> None:
    """300 copies, and 3 others beside them: the search goes on behind the copies."""
    texts = ["login works"] * 300 + ["logout works", "menu opens", "page loads"]
    vectors = unit_vectors(4)[[0] * 300 + [1, 2, 3]]
    index = opened(tmp_path, built_table(tmp_path, passages_of(texts), vectors))
    found = index.like("login works", unit_vectors(4)[0], 3)
    assert {each.text for each in found.results} == {"logout works", "menu opens", "page loads"}
    assert found.notes[0].startswith("300 passages say the same")
    assert found.notes[0].endswith(" and 280 more")


def test_where_nothing_says_the_same_nothing_is_told_of_it(index: PassageIndex) -> None:
    assert index.similar_to(3, 2).notes == ()

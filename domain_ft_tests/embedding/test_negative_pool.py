"""Who may be whose negative: never a known positive, whatever is asked, and only texts of the training rows."""

from hypothesis import given
from hypothesis import strategies as st

from domain_ft.embedding.negative_pool import NegativePool
from domain_ft.words import normalized

TEXTS = st.sampled_from(["a", "A ", "b", "B", "c", "d  d", "D d", "e"])
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=12)


def texts(pool: NegativePool, row: int) -> set[str]:
    return {normalized(text) for text, may in zip(pool.passages, pool.may(row), strict=True) if may}


@given(rows=PAIRS, others=st.lists(st.none() | TEXTS), related=st.lists(st.tuples(TEXTS, TEXTS)))
def test_what_may_be_a_negative_is_never_a_positive_of_an_equal_query(
    rows: list[tuple[str, str]], others: list[str | None], related: list[tuple[str, str]]
) -> None:
    asked, found = [one for one, _ in rows], [other for _, other in rows]
    pool = NegativePool(asked, found, others, related=related)
    for row, text in enumerate(asked):
        answers = {normalized(p) for q, p in [*rows, *related] if normalized(q) == normalized(text)}
        assert texts(pool, row) == {normalized(t) for t in [*found, *others] if t} - answers - {normalized(text)}


@given(rows=PAIRS, unaffected=st.lists(st.tuples(TEXTS, TEXTS)), related=st.lists(st.tuples(TEXTS, TEXTS)))
def test_where_it_is_known_what_is_unaffected_nothing_else_may_be_a_negative(
    rows: list[tuple[str, str]], unaffected: list[tuple[str, str]], related: list[tuple[str, str]]
) -> None:
    asked, found = [one for one, _ in rows], [other for _, other in rows]
    everything = NegativePool(asked, found, related=related)
    pool = NegativePool(asked, found, related=related, unaffected=unaffected)
    for row, text in enumerate(asked):
        known = {normalized(p) for q, p in unaffected if normalized(q) == normalized(text)}
        assert texts(pool, row) == texts(everything, row) & known


def test_the_order_of_the_rows_does_not_number_the_passages() -> None:
    asked, found = ["q1", "q2", "q3"], ["Second", "first", "third"]
    turned = NegativePool(asked[::-1], found[::-1], ["other"])
    assert NegativePool(asked, found, ["other"]).passages == turned.passages

"""Two orders as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.passage_index.fuse import PLAIN, fuse

ORDERS = st.lists(st.integers(0, 30), unique=True, max_size=12)


def rows(fused: list[tuple[int, float]]) -> list[int]:
    return [row for row, _ in fused]


def test_the_plain_score_is_that_of_the_paper() -> None:
    assert dict(fuse([7], [3, 7], PLAIN))[7] == pytest.approx(1 / 61 + 1 / 62)


@given(ORDERS, ORDERS, st.floats(0, 1))
def test_everything_that_either_finds_is_found_once(vector: list[int], words: list[int], weight: float) -> None:
    assert sorted(rows(fuse(vector, words, weight))) == sorted({*vector, *words})


@given(ORDERS, ORDERS)
def test_with_all_weight_on_one_its_order_comes_first(vector: list[int], words: list[int]) -> None:
    assert rows(fuse(vector, words, 1.0))[: len(vector)] == vector
    assert rows(fuse(vector, words, 0.0))[: len(words)] == words


@given(ORDERS, st.floats(0, 1))
def test_two_equal_orders_stay_as_they_are(order: list[int], weight: float) -> None:
    assert rows(fuse(order, order, weight)) == order

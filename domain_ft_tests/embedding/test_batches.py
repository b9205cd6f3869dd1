"""No text is the negative of its own partner, and an epoch is an epoch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.embedding.batches import Batches
from domain_ft.errors import InputError

ROWS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=60)


def batches(rows: list[tuple[int, int, int]], size: int = 8, **options: object) -> Batches:
    anchors, positives, negatives = ([f"{name} {row[i]}" for row in rows] for i, name in enumerate("tcc"))
    return Batches(anchors, positives, negatives, size=size, **{"seed": 1, "in_batch_negatives": True, **options})


@given(rows=ROWS, size=st.integers(1, 9), epoch=st.integers(0, 3))
def test_no_anchor_or_positive_stands_twice_in_a_batch_nor_as_a_negative(
    rows: list[tuple[int, int, int]], size: int, epoch: int
) -> None:
    for batch in batches(rows, size).epoch(epoch):
        anchors = [rows[number][0] for number in batch]
        positives = [rows[number][1] for number in batch]
        assert len(set(anchors)) == len(anchors)
        assert len(set(positives)) == len(positives)
        for number in batch:
            others = {rows[other][1] for other in batch if other != number}
            assert rows[number][2] not in others


@given(rows=ROWS, size=st.integers(1, 9))
def test_every_epoch_has_the_same_number_of_batches(rows: list[tuple[int, int, int]], size: int) -> None:
    made = batches(rows, size)
    assert {len(made.epoch(epoch)) for epoch in range(4)} == {len(made)}


def test_an_epoch_whose_order_fills_no_whole_batch_takes_those_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    made = batches([(n, n, 100 + n) for n in range(8)], whole=True)
    first = made.epoch(0)
    monkeypatch.setattr(made, "_shuffled", lambda *order: [])
    assert made.epoch(1) == first


@given(rows=ROWS, size=st.integers(1, 9))
def test_without_in_batch_negatives_an_epoch_holds_every_row_once(rows: list[tuple[int, int, int]], size: int) -> None:
    made = batches(rows, size, in_batch_negatives=False)
    assert sorted(number for batch in made.epoch(1) for number in batch) == list(range(len(rows)))
    assert made.left_out == 0


def test_distinct_rows_fill_whole_batches() -> None:
    made = batches([(n, n, 100 + n) for n in range(64)])
    assert [len(batch) for batch in made.epoch(0)] == [8] * 8


def test_an_epoch_is_the_same_whenever_it_is_asked_for_and_differs_from_the_next() -> None:
    rows = [(n, n, 100 + n) for n in range(64)]
    first = batches(rows)
    assert first.epoch(2) == batches(rows).epoch(2)
    assert first.epoch(1) != first.epoch(2)
    assert first.epoch(1) != batches(rows, seed=2).epoch(1)


@given(rows=ROWS, more=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))), size=st.integers(1, 9))
def test_what_is_known_to_belong_together_never_stands_against_each_other(
    rows: list[tuple[int, int, int]], more: list[tuple[int, int]], size: int
) -> None:
    known = {(anchor, positive) for anchor, positive, _ in rows} | set(more)
    made = batches(rows, size, related=[(f"t {test}", f"C  {change}") for test, change in more])
    for batch in made.epoch(0):
        for one in batch:
            others = [number for number in batch if number != one]
            assert not {(rows[one][0], rows[other][1]) for other in others} & known
            assert not {(rows[one][0], rows[other][2]) for other in others} & known


def test_few_rows_are_left_over_where_one_text_stands_in_many() -> None:
    often = [(n, 0, 100 + n) for n in range(8)]
    made = batches(often + [(n, n, 100 + n) for n in range(8, 64)])
    assert [len(batch) for batch in made.epoch(0)] == [8] * 8


def test_a_text_in_a_fifth_of_the_rows_costs_no_other_row_its_batch() -> None:
    rows = [(n, 0 if n % 5 == 0 else n, 1000 + n) for n in range(2000)]
    seen = {number for batch in batches(rows).epoch(0) for number in batch}
    assert all(number in seen for number in range(2000) if number % 5)


def test_a_small_batch_stands_anywhere_in_an_epoch() -> None:
    made = batches([(n, n, 100 + n) for n in range(60)])
    lengths = [[len(batch) for batch in made.epoch(epoch)] for epoch in range(6)]
    assert {tuple(sorted(each)) for each in lengths} == {(4, *[8] * 7)}
    assert len({each.index(4) for each in lengths}) > 1


def test_texts_that_differ_in_case_and_spaces_are_the_same_text() -> None:
    made = Batches(["A b", "c"], ["p", "P "], None, size=2, seed=0, in_batch_negatives=True)
    assert all(len(batch) == 1 for batch in made.epoch(0))


def test_the_mean_size_is_that_of_the_batches() -> None:
    assert batches([(n, n, 100 + n) for n in range(12)]).mean_size == 6
    assert batches([(n, 0, 100 + n) for n in range(12)]).mean_size == 1


def test_rows_that_find_no_batch_are_counted() -> None:
    made = batches([(n, 0, 100 + n) for n in range(8)] + [(n, n, 100 + n) for n in range(8, 24)], 16)
    assert made.left_out == 8 + 16 - sum(len(batch) for batch in made.epoch(0))
    assert made.left_out > 0


def test_whole_batches_that_cannot_be_filled_are_refused() -> None:
    with pytest.raises(InputError, match="batch_size: no batch of 8 can be filled from 3 triplets"):
        batches([(0, 0, 1), (1, 1, 2), (2, 2, 3)], whole=True)

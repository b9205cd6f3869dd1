"""Who may be whose negative: never a known positive, whatever is asked, and only texts of the training rows."""

from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.embedding.data import read_negative_pool, read_training_rows
from domain_ft.embedding.negative_pool import NegativePool
from domain_ft.pairs.dataset import build_pair_dataset
from domain_ft.pairs.settings import PairTripletSettings
from domain_ft.words import normalized
from domain_ft_tests.pairs.landed_pairs import Folder, a_pair

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


def test_of_pairs_neither_another_answer_nor_its_context_nor_a_held_out_passage_may_be_a_negative(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path)
    folder.land(*(
        a_pair(
            query=f"{verb} the part number {number * 7919 % 9973}",
            passage=f"{verb} {number * 104729 % 99991} turns are {number * 31337 % 7919} inches",
            context=f"page {number}: {number * 104729 % 99991} turns and {number * 1299709 % 7907} bolts",
            negative=None,
        )
        for number in range(40)
        for verb in ("mend", "clean")
    ))  # fmt: skip
    settings = PairTripletSettings(minimum=1, targets=("passage", "context"), near_duplicate=1)
    dataset = build_pair_dataset(folder.raw / "current", tmp_path / "out", settings).path
    triplets = pl.read_parquet(dataset / "triplets.parquet")
    train, held_out = triplets.filter(split="train"), triplets.filter(pl.col("split") != "train")
    pool = read_negative_pool(dataset, (folder.raw / "current").resolve(), read_training_rows(dataset), "anchor")
    assert not set(pool.passages) & {*held_out["positive"], *held_out["negative"]}
    for row, anchor in enumerate(train["anchor"]):
        answers = {normalized(text) for text in train.filter(anchor=anchor)["positive"]}
        assert len(answers) == 2
        assert texts(pool, row) == {normalized(text) for text in pool.passages} - answers

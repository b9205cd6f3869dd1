"""Queries whose answers are known, as an index is asked them."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.evaluation.pairs_task import pairs_task
from domain_ft.passage_index.judged import JudgedQueries, Orders, judged_queries, metrics_of, overlap, weigh
from domain_ft_tests.passage_index.tables import passages_of


def judged(*relevant: set[int], allowed: frozenset[int] | None = None) -> JudgedQueries:
    """Queries with these answers, each a cluster of its own."""
    count = len(relevant)
    return JudgedQueries(
        tuple(f"q{number}" for number in range(count)),
        (None,) * count,
        tuple(map(frozenset, relevant)),
        (allowed,) * count,
        np.arange(count),
    )


def mean(queries: JudgedQueries, orders: list[list[int]], metric: str) -> float:
    return float(np.mean(metrics_of(queries, orders, 100)[metric]))


def test_the_figures_are_those_of_the_field() -> None:
    queries, orders = judged({5}, {7}), [[1, 5], list(range(10, 30))]
    assert mean(queries, orders, "mrr_at_10") == pytest.approx((1 / 2 + 0) / 2)
    assert mean(queries, orders, "recall_at_10") == pytest.approx(1 / 2)
    assert mean(queries, orders, "ndcg_at_10") == pytest.approx((1 / np.log2(3) + 0) / 2)


def test_the_eleventh_is_not_found() -> None:
    assert mean(judged({11}), [list(range(1, 12))], "recall_at_10") == 0.0


def test_of_several_answers_each_counts() -> None:
    assert mean(judged({1, 2, 3, 4}), [[1, 9, 2]], "recall_at_10") == pytest.approx(2 / 4)


def test_what_could_not_be_found_then_is_passed_over() -> None:
    queries = judged({3}, allowed=frozenset({2, 3}))
    assert queries.only_allowed([[1, 2, 3]]) == [[2, 3]]


def test_the_weight_goes_to_the_order_that_finds_the_answers() -> None:
    queries = judged({1}, {2})
    orders = Orders([[9, 8, 1], [9, 8, 2]], [[1, 9, 8], [2, 9, 8]])
    weighed = weigh(queries, orders, 10)
    assert weighed.best < 0.5
    assert weighed.means[f"{weighed.best:g}"] == max(weighed.means.values()) == weighed.of_best.mean() == 1.0
    assert weighed.of_plain.mean() == weighed.means["0.5"]


def test_where_every_weight_is_as_good_fusion_stays_plain() -> None:
    queries = judged({1})
    assert weigh(queries, Orders([[1, 2]], [[1, 2]]), 10).best == 0.5


@given(st.lists(st.integers(0, 20), unique=True, max_size=15), st.lists(st.integers(0, 20), unique=True, max_size=15))
def test_an_overlap_is_a_share_that_is_the_same_either_way(one: list[int], other: list[int]) -> None:
    assert 0 <= overlap([one], [other]) == overlap([other], [one]) <= 1
    assert overlap([one], [one]) == 1


def test_a_query_of_two_columns_looks_for_the_answers_of_both() -> None:
    pairs = pl.DataFrame({
        "pair_id": ["a", "b"],
        "query": ["How?", "Why?"],
        "passage": ["Thus.", "Because."],
        "context": ["It is done thus and so.", "It is so because of that."],
        "negative": [None, None],
        "sub_domain": [None, None],
    }, schema_overrides={"negative": pl.String, "sub_domain": pl.String})  # fmt: skip
    placed = pl.DataFrame({"pair_id": ["a", "b"], "unit": ["a", "b"], "split": ["test", "train"]})
    task = pairs_task(pairs, placed, "test", ("passage", "context"))
    indexed = passages_of(["because.", "THUS.", "It is done  thus and so.", "else"])
    found = judged_queries(task, indexed, of_history=False)
    assert (found.texts, found.relevant) == (("How?",), (frozenset({1, 2}),))


def test_a_query_whose_answer_is_not_indexed_is_not_asked() -> None:
    pairs = pl.DataFrame({
        "pair_id": ["a"], "query": ["How?"], "passage": ["Thus."], "negative": [None], "sub_domain": [None],
    }, schema_overrides={"negative": pl.String, "sub_domain": pl.String})  # fmt: skip
    placed = pl.DataFrame({"pair_id": ["a"], "unit": ["a"], "split": ["test"]})
    task = pairs_task(pairs, placed, "test", ("passage",))
    assert len(judged_queries(task, passages_of(["else"]), of_history=False)) == 0

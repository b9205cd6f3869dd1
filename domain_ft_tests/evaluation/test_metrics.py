"""Rank metrics: by hand, and against the textbook's loops."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.evaluation.metrics import (
    METRICS,
    accuracy,
    apfd,
    average_precision,
    ndcg,
    rank_metrics,
    recall,
    reciprocal_rank,
)
from domain_ft.evaluation.ranking import Ranking


def ranking(per_query: Sequence[Sequence[int]], corpus: int | Sequence[int] = 20) -> Ranking:
    pairs = [(query, rank) for query, ranks in enumerate(per_query) for rank in ranks]
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Ranking(table[:, 0], table[:, 1], np.broadcast_to(np.array(corpus), len(per_query)).astype(np.int64))


def test_average_precision_by_hand() -> None:
    assert average_precision(ranking([[1, 3, 6]]))[0] == pytest.approx((1 / 1 + 2 / 3 + 3 / 6) / 3)


def test_the_order_in_which_relevant_items_are_listed_does_not_matter() -> None:
    assert average_precision(ranking([[6, 1, 3]]))[0] == average_precision(ranking([[1, 3, 6]]))[0]


def test_reciprocal_rank_looks_at_the_first_ten_only() -> None:
    assert reciprocal_rank(ranking([[4, 9], [10], [11]])).tolist() == [0.25, 0.1, 0.0]


def test_recall_is_the_share_of_all_relevant_items_found() -> None:
    assert recall(ranking([[1, 10, 11, 12], list(range(1, 21))])).tolist() == [0.5, 0.5]


def test_accuracy_asks_for_one_relevant_item_among_the_first() -> None:
    assert [accuracy(ranking([[5, 6], [6], [1, 30]]), k).tolist() for k in (1, 5)] == [[0, 0, 1], [1, 0, 1]]


def test_recall_at_five_counts_the_first_five() -> None:
    assert METRICS["recall_at_5"](ranking([[1, 5, 6, 10]])).tolist() == [0.5]


def test_precision_beyond_the_cutoff_does_not_count_and_the_best_order_gives_one() -> None:
    cut = average_precision(ranking([[1, 3, 6], [1, 2, 3]], corpus=20), cutoff=2)
    assert cut.tolist() == pytest.approx([1 / 2, 1])


def test_ndcg_by_hand() -> None:
    gain = 1 / math.log2(2) + 1 / math.log2(5)
    best = 1 / math.log2(2) + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(ranking([[1, 4, 15]]))[0] == pytest.approx(gain / best)


def test_ndcg_of_the_best_order_is_one_even_with_more_than_ten_relevant_items() -> None:
    assert ndcg(ranking([list(range(1, 15))]))[0] == pytest.approx(1)


def test_apfd_by_hand() -> None:
    assert apfd(ranking([[1, 3]], corpus=5))[0] == pytest.approx(1 - (1 + 3) / (5 * 2) + 1 / (2 * 5))


def test_apfd_of_the_middle_is_one_half() -> None:
    assert apfd(ranking([[3]], corpus=5))[0] == pytest.approx(0.5)


@pytest.mark.parametrize("name", METRICS)
def test_a_query_without_relevant_items_has_no_figure(name: str) -> None:
    values = METRICS[name](ranking([[1], [], [2]]))

    assert np.isnan(values).tolist() == [False, True, False]


def naive(ranks: Sequence[int], corpus: int) -> dict[str, float]:
    """The same formulas as loops over the ranked list."""
    hits = [position in set(ranks) for position in range(1, corpus + 1)]
    found, precision = 0, 0.0
    for position, hit in enumerate(hits, start=1):
        if hit:
            found += 1
            precision += found / position
    first = next((1 / position for position, hit in enumerate(hits[:10], start=1) if hit), 0.0)
    gain = sum(1 / math.log2(position + 1) for position, hit in enumerate(hits[:10], start=1) if hit)
    best = sum(1 / math.log2(position + 1) for position in range(1, min(len(ranks), 10) + 1))
    return {
        "map": precision / len(ranks),
        "mrr_at_10": first,
        "recall_at_10": sum(hits[:10]) / len(ranks),
        "ndcg_at_10": gain / best,
        **{f"accuracy_at_{k}": float(any(hits[:k])) for k in (1, 5, 10)},
        "recall_at_5": sum(hits[:5]) / len(ranks),
        "map_at_100": precision / len(ranks),  # no corpus here is larger
        "apfd": 1 - sum(ranks) / (corpus * len(ranks)) + 1 / (2 * corpus),
    }


@given(
    st.lists(
        st.integers(1, 40).flatmap(
            lambda corpus: st.tuples(
                st.just(corpus), st.lists(st.integers(1, corpus), min_size=1, max_size=corpus, unique=True)
            )
        ),
        min_size=1,
        max_size=6,
    )
)
def test_metrics_agree_with_the_loops_of_the_textbook(queries: list[tuple[int, list[int]]]) -> None:
    values = rank_metrics(ranking([ranks for _, ranks in queries], [corpus for corpus, _ in queries]))

    for query, (corpus, ranks) in enumerate(queries):
        for name, expected in naive(ranks, corpus).items():
            assert values[name][query] == pytest.approx(expected)

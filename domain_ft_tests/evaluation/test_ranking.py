"""Ranks from scores: ties, slices, chance."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.evaluation.ranking import Ranking, Scores, rank_at_random, rank_by_scores, top_items
from domain_ft.evaluation.task import IntArray, RetrievalTask
from domain_ft.store.vectors import FloatArray
from domain_ft_tests.evaluation.conftest import TaskOf


def constant(values: list[float]) -> Scores:
    def of_queries(queries: IntArray) -> Iterator[FloatArray]:
        for _ in queries:
            yield np.array(values, dtype=np.float32)

    return of_queries


def test_the_highest_score_has_rank_one(task_of: TaskOf) -> None:
    task = task_of([[0, 2], [3]], items=4)

    found = rank_by_scores(task, constant([-0.5, 0.25, 0.75, -1.0]))

    assert found.query.tolist() == [0, 0, 1]
    assert found.rank.tolist() == [3, 1, 4]
    assert found.corpus.tolist() == [4, 4]


def test_zero_and_minus_zero_are_a_tie_like_any_other(task_of: TaskOf) -> None:
    task = task_of([[0], [1]], items=2)

    signs = rank_by_scores(task, constant([-0.0, 0.0])).rank.tolist()

    assert signs == rank_by_scores(task, constant([0.0, -0.0])).rank.tolist()


def test_ties_are_ordered_the_same_for_every_arm_and_not_by_place(task_of: TaskOf) -> None:
    task = task_of([list(range(200))], items=400)

    one, other = (rank_by_scores(task, constant([value] * 400)).rank for value in (0.0, 7.0))

    assert one.tolist() == other.tolist()
    assert len(set(one.tolist())) == 200
    assert abs(one.mean() - 200.5) < 30


def test_only_a_querys_own_corpus_is_ranked(task_of: TaskOf) -> None:
    from dataclasses import replace

    task = replace(task_of([[2], [2]], items=4), first=np.array([0, 2]), stop=np.array([3, 4]))

    def scores(queries: IntArray) -> Iterator[FloatArray]:
        for query in queries:
            yield np.array([0.9, 0.8, 0.1, 0.5], dtype=np.float32)[task.first[query] : task.stop[query]]

    found = rank_by_scores(task, scores)

    assert found.rank.tolist() == [3, 2]
    assert found.corpus.tolist() == [3, 2]


def test_top_items_are_those_ranked_first(task_of: TaskOf) -> None:
    task = task_of([[0]], items=4)

    assert [top.tolist() for top in top_items(task, constant([0.1, 0.9, 0.4, 0.2]), np.array([0]), 2)] == [[1, 2]]


def test_taking_relevant_items_out_moves_the_others_up() -> None:
    ranking = Ranking(np.array([0, 0, 0, 1]), np.array([7, 2, 4, 3]), np.array([10, 5]))

    rest = ranking.restricted(np.array([True, False, True, True]))

    assert list(zip(rest.query.tolist(), rest.rank.tolist(), strict=True)) == [(0, 3), (0, 6), (1, 3)]
    assert rest.corpus.tolist() == [9, 5]


@given(
    st.lists(
        st.tuples(st.lists(st.integers(1, 30), unique=True, min_size=1, max_size=8), st.integers(0, 255)), max_size=5
    )
)
def test_restricting_equals_ranking_without_the_removed_items(queries: list[tuple[list[int], int]]) -> None:
    pairs = [
        (query, rank, bool(bits >> place & 1))
        for query, (ranks, bits) in enumerate(queries)
        for place, rank in enumerate(ranks)
    ]
    table = np.array(pairs, dtype=np.int64).reshape(-1, 3)
    ranking = Ranking(table[:, 0], table[:, 1], np.full(len(queries), 30))

    rest = ranking.restricted(table[:, 2].astype(bool))

    for query, (ranks, bits) in enumerate(queries):
        removed = {rank for place, rank in enumerate(ranks) if not bits >> place & 1}
        left = [rank for rank in range(1, 31) if rank not in removed]
        expected = sorted(left.index(rank) + 1 for rank in ranks if rank not in removed)
        assert sorted(rest.rank[rest.query == query].tolist()) == expected
        assert rest.corpus[query] == len(left)


def test_chance_gives_every_rank_alike(task_of: TaskOf) -> None:
    task = task_of([[5]] * 3000, items=10)

    ranks = rank_at_random(task, np.random.default_rng(0)).rank

    assert np.bincount(ranks, minlength=11)[1:] == pytest.approx(np.full(10, 300), abs=75)


def test_chance_never_gives_one_rank_twice_to_a_query(task_of: TaskOf) -> None:
    task: RetrievalTask = task_of([list(range(9))], items=10)

    assert len(set(rank_at_random(task, np.random.default_rng(1)).rank.tolist())) == 9

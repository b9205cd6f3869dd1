"""Reciprocal rank fusion: by hand, and between the rankings that it is made of."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from domain_ft.evaluation.fusion import fused_scores
from domain_ft.evaluation.ranking import Scores
from domain_ft.evaluation.task import IntArray
from domain_ft.store.vectors import FloatArray
from domain_ft_tests.evaluation.conftest import TaskOf


def scores(rows: Sequence[Sequence[float]]) -> Scores:
    def of_queries(queries: IntArray) -> Iterator[FloatArray]:
        for query in queries:
            yield np.array(rows[query], dtype=np.float32)

    return of_queries


def fused(task_of: TaskOf, lexical: Sequence[float], dense: Sequence[float]) -> list[float]:
    task = task_of([[0]], items=len(dense))
    return next(fused_scores(task, scores([lexical]), scores([dense]))(np.array([0]))).tolist()


def test_the_reciprocal_ranks_of_both_are_added(task_of: TaskOf) -> None:
    found = fused(task_of, [3.0, 2.0, 1.0], [0.1, 0.9, 0.5])
    assert found == pytest.approx([1 / 61 + 1 / 63, 1 / 62 + 1 / 61, 1 / 63 + 1 / 62])


def test_what_bm25_has_not_found_gets_nothing_from_it(task_of: TaskOf) -> None:
    assert fused(task_of, [0.0, 2.0, 0.0], [0.1, 0.2, 0.9]) == pytest.approx([1 / 63, 1 / 61 + 1 / 62, 1 / 61])


def test_without_any_common_word_the_model_alone_decides(task_of: TaskOf) -> None:
    dense = [0.3, 0.9, 0.1, 0.5]
    assert np.argsort(fused(task_of, [0.0] * 4, dense)).tolist() == np.argsort(dense).tolist()


def test_each_query_has_its_own_ranks(task_of: TaskOf) -> None:
    task = task_of([[0], [1]], items=2)
    both = fused_scores(task, scores([[1, 0], [0, 1]]), scores([[0.9, 0.1], [0.1, 0.9]]))
    first, second = both(np.array([0, 1]))
    assert first.tolist() == second.tolist()[::-1]

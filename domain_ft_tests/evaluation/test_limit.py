"""A smaller task is still a task."""

import numpy as np
import pytest

from domain_ft.evaluation.limit import limit_task
from domain_ft.evaluation.task import RetrievalTask
from domain_ft_tests.evaluation.conftest import TaskOf


@pytest.fixture
def task(task_of: TaskOf) -> RetrievalTask:
    return task_of([[1, 2], [3], [], [18, 19], [], []], items=40, unaffected=[[4], [5], [6], [7], [8], [9]])


def pairs_by_name(task: RetrievalTask) -> set[tuple[str, str]]:
    return {
        (task.query_ids[query], task.item_ids[item])
        for query, item in zip(task.relevant.query, task.relevant.item, strict=True)
    }


def test_at_most_the_asked_for_queries_of_each_kind_stay(task: RetrievalTask) -> None:
    smaller = limit_task(task, 2)

    assert len(smaller.ranked) == 2
    assert len(smaller.query_ids) == 4


def test_the_pairs_of_a_kept_query_still_name_the_same_tests(task: RetrievalTask) -> None:
    smaller = limit_task(task, 2, items=12)

    assert pairs_by_name(smaller) <= pairs_by_name(task)
    assert {query for query, _ in pairs_by_name(smaller)} == {smaller.query_ids[query] for query in smaller.ranked}
    assert all(len(mask) == len(smaller.relevant) for mask in smaller.slices.values())


def test_named_items_stay_and_others_fill_up_to_the_limit(task: RetrievalTask) -> None:
    smaller = limit_task(task, 10, items=15)

    assert len(smaller.item_ids) == 15
    assert {"t1", "t2", "t3", "t18", "t19", "t4", "t9"} <= set(smaller.item_ids)


def test_corpora_keep_their_order_and_hold_what_is_relevant(task: RetrievalTask) -> None:
    smaller = limit_task(task, 10, items=15)

    for query in smaller.ranked:
        assert np.isin(smaller.relevant_items(query), smaller.candidates(query)).all()


def test_items_that_no_corpus_holds_are_dropped(task: RetrievalTask) -> None:
    from dataclasses import replace

    reached = replace(task, stop=np.full(6, 25))

    assert len(limit_task(reached, 10).item_ids) == 25


def test_the_same_seed_gives_the_same_task(task: RetrievalTask) -> None:
    assert limit_task(task, 2, items=12, seed=7).digest == limit_task(task, 2, items=12, seed=7).digest


def test_a_limit_above_the_size_changes_nothing(task: RetrievalTask) -> None:
    assert limit_task(task, 100).digest == task.digest

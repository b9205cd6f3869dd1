"""What a training is told about its model."""

from dataclasses import replace
from typing import Any, get_args

import pytest

from domain_ft.embedding.settings import HistoryCheckpointMetric, PairCheckpointMetric
from domain_ft.evaluation.metric_names import HISTORY_METRICS, PAIR_METRICS
from domain_ft.evaluation.statistics import Resampling
from domain_ft.evaluation.validation import validation_estimates, validation_metrics
from domain_ft.store.vectors import Encode
from domain_ft_tests.evaluation.conftest import TaskOf

CHANGES = ["rework the cart", "speed up search"]
TESTS = ["cart shows items", "search finds items", "mail is sent", "login works"]


def test_a_model_that_puts_the_relevant_test_first_gets_full_marks(task_of: TaskOf, bag_of_words: Encode) -> None:
    task = task_of([[0], [1]], texts=(CHANGES, TESTS), unaffected=[[1], [0]])

    found = validation_metrics(task, bag_of_words)

    assert found["map"] == found["mrr_at_10"] == found["recall_at_10"] == found["ndcg_at_10"] == 1
    assert found["triplet_accuracy"] == 1
    assert found["apfd"] == 1 - 1 / 4 + 1 / 8
    assert found["similarity_gap"] > 0.3


def test_a_figure_that_nothing_defines_is_left_out(task_of: TaskOf, bag_of_words: Encode) -> None:
    found = validation_metrics(task_of([[0], [1]], texts=(CHANGES, TESTS)), bag_of_words)

    assert "map" in found
    assert not {"triplet_accuracy", "similarity_unaffected", "similarity_gap"} & set(found)


def test_an_estimate_has_the_same_mean_between_its_bounds(task_of: TaskOf, bag_of_words: Encode) -> None:
    task = task_of([[0], [1], [3]], texts=([*CHANGES, "rework the cart"], TESTS), unaffected=[[1], [0], [0]])
    means = validation_metrics(task, bag_of_words)
    estimates = validation_estimates(task, bag_of_words, Resampling(resamples=200))
    assert {name: estimate.mean for name, estimate in estimates.items()} == pytest.approx(means)
    assert all(each.low <= each.mean <= each.high for each in estimates.values() if each.low is not None)
    assert estimates["map"].n == 3


@pytest.mark.parametrize(
    ("metrics", "choices"), [(HISTORY_METRICS, HistoryCheckpointMetric), (PAIR_METRICS, PairCheckpointMetric)]
)
def test_every_metric_that_may_choose_a_checkpoint_is_measured(
    task_of: TaskOf, bag_of_words: Encode, metrics: tuple[str, ...], choices: Any
) -> None:
    task = replace(task_of([[0], [1]], texts=(CHANGES, TESTS), unaffected=[[1], [0]]), metrics=metrics)
    assert set(metrics) <= set(get_args(choices)) <= set(validation_metrics(task, bag_of_words))

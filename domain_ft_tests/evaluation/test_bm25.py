"""The lexical baseline."""

from dataclasses import replace

import numpy as np

from domain_ft.evaluation.bm25 import bm25_scores
from domain_ft.evaluation.ranking import rank_by_scores
from domain_ft_tests.evaluation.conftest import TaskOf

TESTS = ["Array#pack with format A", "String#unpack reads bytes", "each_with_index yields pairs", "Kernel#open"]


def test_the_test_that_shares_rare_words_comes_first(task_of: TaskOf) -> None:
    task = task_of([[0], [2]], texts=(["fix Array#pack padding", "eachWithIndex: index starts at 0"], TESTS))

    assert rank_by_scores(task, bm25_scores(task)).rank.tolist() == [1, 1]


def test_scores_cover_the_candidates_of_each_query_only(task_of: TaskOf) -> None:
    task = replace(task_of([[0], [3]], texts=(["pack", "open"], TESTS)), first=np.array([0, 2]), stop=np.array([2, 4]))

    scores = list(bm25_scores(task)(np.array([0, 1])))

    assert [len(values) for values in scores] == [2, 2]
    assert scores[0][0] > 0 == scores[0][1]
    assert scores[1][1] > 0 == scores[1][0]


def test_a_change_without_any_known_word_scores_zero_everywhere(task_of: TaskOf) -> None:
    task = task_of([[0]], texts=(["zzz ???"], TESTS))

    assert next(iter(bm25_scores(task)(np.array([0])))).tolist() == [0, 0, 0, 0]


def test_tests_without_words_are_no_obstacle(task_of: TaskOf) -> None:
    task = task_of([[0]], texts=(["anything"], ["", "<=>"]))

    assert next(iter(bm25_scores(task)(np.array([0])))).tolist() == [0, 0]

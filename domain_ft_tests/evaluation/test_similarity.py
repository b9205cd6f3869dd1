"""Cosines of the pairs, and what is made of them."""

from collections.abc import Sequence

import numpy as np
import pytest

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.similarity import (
    PairSimilarities,
    encode_task,
    pair_similarities,
    similarity_metrics,
    triplet_accuracy,
)
from domain_ft.store.vectors import Encode, FloatArray
from domain_ft_tests.evaluation.conftest import TaskOf


def cosines(relevant: list[float], unaffected: list[float]) -> PairSimilarities:
    return PairSimilarities(np.array(relevant, dtype=np.float32), np.array(unaffected, dtype=np.float32))


def test_means_and_gap_are_taken_per_build(task_of: TaskOf) -> None:
    task = task_of([[0, 1], [2]], unaffected=[[3], [4, 5]])

    found = similarity_metrics(task, cosines([0.5, 0.75, 0.25], [0.125, 0.25, 0.5]))

    assert found["similarity_relevant"].tolist() == [0.625, 0.25]
    assert found["similarity_unaffected"].tolist() == [0.125, 0.375]
    assert found["similarity_gap"].tolist() == [0.5, -0.125]


def test_a_build_without_relevant_tests_has_no_gap(task_of: TaskOf) -> None:
    found = similarity_metrics(task_of([[], [1]], unaffected=[[0], []]), cosines([0.5], [0.25]))

    assert np.isnan(found["similarity_gap"]).all()
    assert found["similarity_unaffected"][0] == 0.25


def test_triplet_accuracy_compares_a_tests_relevant_change_with_its_unaffected_ones(task_of: TaskOf) -> None:
    # Test 0 is relevant to change 0 (0.5) and unaffected by changes 1 (0.2), 2 (0.5) and 3 (0.9): 1 + 1/2 of 3.
    task = task_of([[0], [5], [], []], unaffected=[[], [0], [0], [0]])

    found = triplet_accuracy(task, cosines([0.5, 0.4], [0.2, 0.5, 0.9]))

    assert found[0] == pytest.approx(0.5)
    assert np.isnan(found[1:]).all()


def test_a_triplet_belongs_to_the_build_of_its_relevant_change(task_of: TaskOf) -> None:
    task = task_of([[0, 1], []], unaffected=[[], [0, 1]])

    assert triplet_accuracy(task, cosines([0.9, 0.1], [0.5, 0.5])).tolist()[0] == 0.5


def test_each_distinct_text_is_encoded_once(task_of: TaskOf, bag_of_words: Encode) -> None:
    asked: list[str] = []

    def encode(texts: Sequence[str]) -> FloatArray:
        asked.extend(texts)
        return bag_of_words(texts)

    task = task_of([[0], [1]], texts=(["same change", "same change"], ["one", "two", "one"]))
    vectors = encode_task(task, encode)

    assert sorted(asked) == ["one", "same change", "two"]
    scores = list(vectors.scores(task)(np.array([0, 1])))
    assert scores[0][0] == scores[0][2] == scores[1][0]


def test_scores_and_pairs_are_the_same_cosines(task_of: TaskOf, bag_of_words: Encode) -> None:
    task = task_of([[0, 2]], texts=(["red blue"], ["red", "green", "blue red", "black"]), unaffected=[[3]])
    vectors = encode_task(task, bag_of_words)

    similarities = pair_similarities(task, vectors)
    scores = next(iter(vectors.scores(task)(np.array([0]))))

    assert similarities.relevant == pytest.approx(scores[[0, 2]], abs=1e-6)
    assert similarities.relevant[1] > 0.99
    assert similarities.unaffected == pytest.approx(scores[[3]], abs=1e-6)


def test_embeddings_that_are_not_finite_are_refused(task_of: TaskOf) -> None:
    def broken(texts: Sequence[str]) -> FloatArray:
        return np.full((len(texts), 4), np.nan, dtype=np.float32)

    with pytest.raises(DomainFtError, match="not finite"):
        encode_task(task_of([[0]]), broken)

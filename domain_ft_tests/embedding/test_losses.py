"""The losses compute their formulas, on the columns that the settings ask for."""

import math
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from domain_ft.embedding.losses import LOSSES
from domain_ft.embedding.settings import TrainingSettings


def computed(embeddings: list[list[list[float]]], labels: list[int] | None = None, **settings: Any) -> float:
    chosen = TrainingSettings(**settings)
    loss = LOSSES[chosen.loss].build(torch.nn.Identity(), chosen)
    given = None if labels is None else torch.tensor(labels)
    return float(loss.compute_loss_from_embeddings([torch.tensor(column) for column in embeddings], given))


def test_triplet_is_the_hinge_on_cosine_distances() -> None:
    anchor, positive, negative = [[1.0, 0.0]], [[0.6, 0.8]], [[0.8, 0.6]]
    assert computed([anchor, positive, negative], loss="triplet") == pytest.approx((1 - 0.6) - (1 - 0.8) + 0.5)
    assert computed([anchor, negative, positive], loss="triplet", triplet_margin=0.1) == pytest.approx(0)


def test_triplet_with_euclidean_distance() -> None:
    anchor, positive, negative = [[0.0, 0.0]], [[3.0, 4.0]], [[0.0, 1.0]]
    value = computed([anchor, positive, negative], loss="triplet", distance="euclidean", triplet_margin=2)
    assert value == pytest.approx(5 - 1 + 2, abs=1e-4)


def test_ranking_is_the_cross_entropy_of_the_scaled_cosines() -> None:
    anchors, positives = [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.6, 0.8]]
    one = -math.log(math.exp(2) / (math.exp(2) + math.exp(1.2)))
    two = -math.log(math.exp(1.6) / (1 + math.exp(1.6)))
    value = computed([anchors, positives], scale=2, direction="anchor_to_positive")
    assert value == pytest.approx((one + two) / 2, abs=1e-5)


def test_both_directions_are_the_mean_of_each() -> None:
    anchors, positives = [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.6, 0.8]]
    one_way = computed([anchors, positives], direction="anchor_to_positive")
    other_way = computed([positives, anchors], direction="positive_to_anchor")
    assert computed([anchors, positives], direction="both") == pytest.approx((one_way + other_way) / 2, abs=1e-5)


def test_the_triplets_own_negative_raises_the_loss() -> None:
    anchors, positives, negatives = [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]
    assert computed([anchors, positives, negatives]) > computed([anchors, positives]) + 0.3


def test_fewer_negatives_than_rows_are_further_documents_for_every_query() -> None:
    anchors, positives, negatives = [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], [[0.6, 0.8]]
    value = computed([anchors, positives, negatives], scale=2, direction="anchor_to_positive")
    one = -math.log(math.exp(2) / (math.exp(2) + math.exp(0) + math.exp(1.2)))
    two = -math.log(math.exp(2) / (math.exp(2) + math.exp(0) + math.exp(1.6)))
    assert value == pytest.approx((one + two) / 2, abs=1e-5)


FIRST, SECOND = [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], [[0.6, 0.8], [0.8, 0.6], [0.0, 1.0]]
"""Cosine distances 0.4, 0.2 and 1."""


def test_contrastive_draws_positives_near_and_pushes_negatives_as_far_as_the_margin() -> None:
    value = computed([FIRST, SECOND], [1, 0, 0], loss="contrastive", contrastive_margin=0.5)
    assert value == pytest.approx((0.4**2 + (0.5 - 0.2) ** 2 + 0) / 2 / 3, abs=1e-5)


def test_contrastive_with_euclidean_distance() -> None:
    first, second = [[0.0, 0.0], [0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]]
    value = computed([first, second], [1, 0], loss="contrastive", distance="euclidean", contrastive_margin=2)
    assert value == pytest.approx((5**2 + (2 - 1) ** 2) / 2 / 2, abs=1e-3)


def test_online_contrastive_sums_over_the_hard_pairs_alone() -> None:
    value = computed([FIRST, SECOND], [1, 0, 0], loss="online_contrastive", contrastive_margin=0.5)
    assert value == pytest.approx(0.4**2 + (0.5 - 0.2) ** 2, abs=1e-5)
    assert computed([FIRST, SECOND], [1, 1, 0], loss="online_contrastive") == pytest.approx(0)


def test_cosine_similarity_is_the_squared_error_of_the_cosines() -> None:
    value = computed([FIRST, SECOND], [1, 0, 0], loss="cosine_similarity")
    assert value == pytest.approx((0.4**2 + 0.8**2 + 0) / 3, abs=1e-5)


def test_an_unknown_loss_is_refused_with_the_list() -> None:
    with pytest.raises(
        ValidationError, match=r"Input should be 'triplet', 'multiple_negatives_ranking', .* or 'relation'"
    ):
        TrainingSettings(loss="infonce")


def test_gist_in_both_directions_is_refused_with_what_it_can_do() -> None:
    with pytest.raises(ValidationError, match="gist ranks in one direction; use anchor_to_positive or"):
        TrainingSettings(loss="gist", direction="both")


@pytest.mark.parametrize("given", ["128,64", "[64, 128]", ["64", "128", "64"]])
def test_matryoshka_dimensions_are_read_as_people_write_them(given: Any) -> None:
    assert TrainingSettings(matryoshka_dims=given).matryoshka_dims == (128, 64)


@pytest.mark.parametrize("given", [[], [0], "[]"])
def test_matryoshka_dimensions_that_are_none_are_refused(given: Any) -> None:
    with pytest.raises(ValidationError, match="name one dimension or more, each at least 1"):
        TrainingSettings(matryoshka_dims=given)

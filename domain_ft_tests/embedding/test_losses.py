"""The losses compute their formulas, on the columns that the settings ask for."""

import math
from typing import Any

import pytest
import torch

from domain_ft.embedding.losses import LOSSES
from domain_ft.embedding.settings import TrainingSettings


def computed(embeddings: list[list[list[float]]], **settings: Any) -> float:
    chosen = TrainingSettings(**settings)
    loss = LOSSES[chosen.loss].build(torch.nn.Identity(), chosen)
    return float(loss.compute_loss_from_embeddings([torch.tensor(column) for column in embeddings], None))


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


@pytest.mark.parametrize(
    ("settings", "columns"),
    [
        ({"loss": "triplet"}, ("anchor", "positive", "negative")),
        ({"direction": "both"}, ("anchor", "positive", "negative")),
        ({"direction": "anchor_to_positive", "use_negative": False}, ("anchor", "positive")),
        ({"direction": "positive_to_anchor"}, ("positive", "anchor")),
    ],
)
def test_columns_follow_from_the_direction(settings: dict[str, Any], columns: tuple[str, ...]) -> None:
    chosen = TrainingSettings(**settings)
    assert LOSSES[chosen.loss].columns(chosen) == columns

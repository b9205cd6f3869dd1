"""The two distances: what they say of hand-made embeddings, and that they come back from disk as they were."""

from pathlib import Path

import numpy as np
import pytest

from domain_ft.out_of_distribution.distances import Distance, KnnDistance, MahalanobisDistance, load_distance
from domain_ft.store.vectors import FloatArray


def unit(rows: object) -> FloatArray:
    vectors = np.asarray(rows, dtype=np.float64)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


TRAINING = unit(np.random.default_rng(0).normal(size=(50, 6)) * 0.2 + [1, 0, 0, 0, 0, 0])
STRANGERS = unit(np.random.default_rng(1).normal(size=(20, 6)) * 0.2 + [0, 1, 0, 0, 0, 0])

BOTH = (KnnDistance(TRAINING, 3), MahalanobisDistance.fit(TRAINING))


def test_knn_is_one_minus_the_cosine_to_the_kth_nearest() -> None:
    bank = unit([[1, 0], [1, 1], [0, 1]])
    scores = [float(KnnDistance(bank, k)(unit([[1, 0]]))[0]) for k in (1, 2, 3)]
    np.testing.assert_allclose(scores, [0, 1 - np.sqrt(0.5), 1], atol=1e-6)


def test_knn_with_fewer_training_queries_than_k_takes_the_furthest() -> None:
    bank = unit([[1, 0], [0, 1]])
    assert KnnDistance(bank, 10)(unit([[1, 0]])) == pytest.approx([1.0])


def test_mahalanobis_grows_faster_where_training_queries_vary_less() -> None:
    generator = np.random.default_rng(0)
    training = (generator.normal(size=(2000, 2)) * [1.0, 0.1]).astype(np.float32)
    wide, narrow = MahalanobisDistance.fit(training)(np.array([[0.5, 0], [0, 0.5]], dtype=np.float32))
    assert wide < 1
    assert narrow > 3


def test_mahalanobis_takes_fewer_queries_than_dimensions() -> None:
    training = unit(np.random.default_rng(0).normal(size=(12, 40)))
    assert np.isfinite(MahalanobisDistance.fit(training)(training)).all()


@pytest.mark.parametrize(
    "distance", [KnnDistance(TRAINING, 3), MahalanobisDistance.fit(TRAINING)], ids=lambda d: d.name
)
def test_strangers_are_further_and_a_saved_distance_says_the_same(distance: Distance, tmp_path: Path) -> None:
    assert distance(STRANGERS).min() > distance(TRAINING).max()
    distance.save(tmp_path / "distance.npz")
    again = load_distance(tmp_path / "distance.npz")
    assert again.name == distance.name
    np.testing.assert_array_equal(again(STRANGERS), distance(STRANGERS))


@pytest.mark.parametrize(
    "distance", [KnnDistance(TRAINING, 3), MahalanobisDistance.fit(TRAINING)], ids=lambda d: d.name
)
def test_no_query_has_no_score(distance: Distance) -> None:
    assert distance(TRAINING[:0]).tolist() == []

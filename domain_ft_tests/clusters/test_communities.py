"""Clusters: found by themselves or as many as asked for, the same whatever the order of rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from domain_ft.clusters import communities
from domain_ft.clusters.communities import NOWHERE, find_communities
from domain_ft.store.vectors import FloatArray


def heaps(*sizes: int, spread: float = 0.4, seed: int = 0) -> tuple[FloatArray, list[int]]:
    """Unit vectors around as many centres, and which centre each is of."""
    generator = np.random.default_rng(seed)
    centres = np.eye(24)[: len(sizes)]
    truth = [number for number, size in enumerate(sizes) for _ in range(size)]
    rows = centres[truth] + spread * generator.normal(size=(len(truth), 24)) / np.sqrt(24)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), truth


def test_heaps_are_found_and_counted_without_being_told_how_many() -> None:
    vectors, truth = heaps(60, 40, 30, 20)
    found = find_communities(vectors)
    assert found.count == 4
    assert adjusted_rand_score(truth, found.cluster) == 1.0
    assert found.cluster[:60].tolist() == [0] * 60  # the largest is the first


@pytest.mark.parametrize("wanted", [1, 2, 3, 9, 40])
def test_a_number_that_is_asked_for_is_the_number_that_comes(wanted: int) -> None:
    vectors, _ = heaps(20, 15, 10)
    found = find_communities(vectors, clusters=wanted)
    assert found.count == wanted
    assert set(found.cluster.tolist()) - {NOWHERE} == set(range(wanted))


def test_as_many_clusters_as_texts_are_one_text_each() -> None:
    vectors, _ = heaps(6, 5)
    assert sorted(find_communities(vectors, clusters=11).cluster.tolist()) == list(range(11))


def test_merging_puts_together_what_belongs_together() -> None:
    vectors, truth = heaps(60, 40, 30, 20)
    two = find_communities(vectors, clusters=2).cluster
    assert all(len(set(two[np.array(truth) == heap].tolist())) == 1 for heap in range(4))


def test_a_text_between_two_clusters_belongs_nowhere() -> None:
    vectors, _ = heaps(6, 6, 6, spread=0.2)
    between = (vectors[0] + vectors[6] + vectors[12]) / np.linalg.norm(vectors[0] + vectors[6] + vectors[12])
    found = find_communities(np.concatenate([vectors, between[None]]).astype(np.float32))
    assert found.count == 3
    assert found.cluster[-1] == NOWHERE
    assert NOWHERE not in found.cluster[:-1]


@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_clear_heaps_do_not_depend_on_the_order_of_rows(random: object) -> None:
    vectors, truth = heaps(30, 25, 20)
    order = list(range(75))
    random.shuffle(order)  # type: ignore[attr-defined]
    found = find_communities(vectors[order])
    assert adjusted_rand_score(np.array(truth)[order], found.cluster) == 1.0


def test_equal_seeds_give_equal_clusters() -> None:
    vectors, _ = heaps(40, 40, spread=1.5)
    first, second = (find_communities(vectors, seed=7).cluster.tolist() for _ in range(2))
    assert first == second


def test_of_more_texts_than_are_divided_the_others_stand_with_their_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, truth = heaps(200, 150, 100)
    monkeypatch.setattr(communities, "MOST_DIVIDED", 120)
    found = find_communities(vectors)
    assert found.count == 3
    assert adjusted_rand_score(truth, found.cluster) == 1.0


@pytest.mark.parametrize("n", [1, 2, 9])
def test_a_handful_is_one_cluster(n: int) -> None:
    vectors, _ = heaps(n)
    assert find_communities(vectors).cluster.tolist() == [0] * n


def test_opposites_have_no_links_and_belong_nowhere() -> None:
    corners = np.concatenate([np.eye(8), -np.eye(8)]).astype(np.float32)
    assert find_communities(corners).count == 0

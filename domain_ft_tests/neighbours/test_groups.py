"""The groups that near pairs make."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.neighbours.groups import groups_of
from domain_ft.neighbours.near_pairs import near_pairs
from domain_ft.store.vectors import FloatArray


def at_angles(*degrees: float) -> FloatArray:
    radians = np.deg2rad(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def groups(vectors: FloatArray, threshold: float) -> list[tuple[int, ...]]:
    return [group.members for group in groups_of(vectors, near_pairs(vectors, threshold), threshold)]


def test_a_group_has_its_medoid_and_its_lowest_cosine() -> None:
    vectors = at_angles(0, 4, 10, 90)
    (group,) = groups_of(vectors, near_pairs(vectors, 0.98), 0.98)
    assert group.members == (0, 1, 2)
    assert group.medoid == 1
    assert group.lowest == round(float(np.cos(np.deg2rad(10))), 6)
    assert not group.is_chain


def test_a_chain_is_one_group_and_says_so() -> None:
    vectors = at_angles(0, 10, 20, 30)
    (group,) = groups_of(vectors, near_pairs(vectors, 0.98), 0.98)
    assert group.members == (0, 1, 2, 3)
    assert group.is_chain


def test_the_largest_group_comes_first_and_who_is_alone_is_in_none() -> None:
    assert groups(at_angles(0, 1, 45, 90, 91, 92), 0.999) == [(3, 4, 5), (0, 1)]


def test_without_pairs_there_are_no_groups() -> None:
    assert groups(at_angles(0, 90), 0.9) == []


@given(st.permutations(range(12)))
def test_groups_do_not_depend_on_the_order_of_rows(order: list[int]) -> None:
    vectors = at_angles(0, 1, 2, 30, 31, 60, 90, 91, 92, 93, 140, 180)
    expected = sorted(sorted(group) for group in groups(vectors, 0.999))
    assert sorted(sorted(order[row] for row in group) for group in groups(vectors[list(order)], 0.999)) == expected

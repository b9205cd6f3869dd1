"""The groups that near pairs make."""

import tracemalloc
from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.neighbours.groups import Group, groups_of
from domain_ft.neighbours.near_pairs import NearPairs, near_pairs
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


def straightforward(listed: FloatArray, threshold: float) -> list[Group]:
    """Groups of all places, each measured with each in float64."""
    exact = listed.astype(np.float64)
    cosines = np.round(exact @ exact.T, 6)
    left, found = set(range(len(listed))), []
    while left:
        members, reached = set[int](), {min(left)}
        while reached:
            members |= reached
            reached = {int(place) for one in reached for place in np.flatnonzero(cosines[one] >= threshold)} - members
        left -= members
        some = sorted(members)
        if len(some) > 1:
            among = cosines[np.ix_(some, some)]
            medoid = some[int(np.argmax(np.round((exact[some] @ exact[some].T).sum(axis=1), 6)))]
            found.append(Group(tuple(some), medoid, float(among.min()), bool(among.min() < threshold)))
    return sorted(found, key=lambda group: (-len(group.members), group.members))


@given(st.lists(st.integers(0, 11), min_size=1, max_size=40))
def test_copies_count_as_places_of_their_own_would(own: list[int]) -> None:
    angles = at_angles(0, 1, 2.5, 30, 31, 60, 90, 91, 92, 95, 140, 180)
    rows, places = np.unique(own, return_inverse=True)
    vectors = angles[rows]
    found = groups_of(vectors, near_pairs(vectors, 0.999), 0.999, places)
    assert list(found) == straightforward(angles[own], 0.999)


def highest_memory(work: Callable[[], object]) -> int:
    """Bytes that a piece of work holds at its highest."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_copies_are_not_measured_one_by_one() -> None:
    """A line that a log holds 100,000 times: neither its embedding nor a cosine is held for each copy."""
    vectors = np.eye(2, 384, dtype=np.float32)
    own = np.repeat([0, 1], [100_000, 2])
    found: list[Group] = []
    held = highest_memory(lambda: found.extend(groups_of(vectors, near_pairs(vectors, 0.9), 0.9, own)))
    assert [len(group.members) for group in found] == [100_000, 2]
    assert held < 384 * 4 * len(own) / 5


def test_a_group_of_many_is_measured_in_blocks() -> None:
    """A chain of 8,000 texts: the matrix of their cosines has 256 MB, and a block of it 16 MB."""
    vectors = at_angles(*np.linspace(0, 90, 8000))
    steps = np.arange(len(vectors) - 1)
    pairs = NearPairs(steps, steps + 1, np.ones(len(steps)))
    found: list[Group] = []
    assert highest_memory(lambda: found.extend(groups_of(vectors, pairs, 0.999))) < 64e6
    assert (len(found[0].members), found[0].lowest, found[0].is_chain) == (8000, 0.0, True)


def test_a_search_among_many_never_holds_the_matrix_of_their_cosines() -> None:
    """Of 8,000 texts it has 256 MB; what is held does not grow with their square."""
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(8000, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert highest_memory(lambda: near_pairs(vectors, 0.95)) < 64e6

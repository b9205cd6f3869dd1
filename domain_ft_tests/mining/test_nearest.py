"""What the nearest passages of a model may become: never what is known to answer, never beyond the bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from domain_ft.mining.nearest import MOST_CANDIDATES, Bounds, Candidates, ceiling, near_candidates, pick_first
from domain_ft.store.vectors import FloatArray

ALL = Bounds(margin=0.0, first_rank=0)
ANY = np.ones(6, dtype=bool)
DEGREES = (0, 10, 20, 30, 40, 50)
"""The angle between the one query of the examples and each of six passages."""


def at(*degrees: float) -> FloatArray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def candidates(bounds: Bounds, positive: float = 0, may: np.ndarray = ANY) -> tuple[int, ...]:
    return near_candidates(at(0), at(positive), at(*DEGREES), lambda row: may, bounds).passages[0]


@given(
    vectors=of_numpy.arrays(np.float32, (12, 3), elements=st.floats(-1, 1, width=32)),
    known=st.lists(st.frozensets(st.integers(0, 7)), min_size=4, max_size=4),
    margin=st.floats(0, 1),
    first=st.integers(0, 3),
    ranks=st.integers(1, 8),
    refused=st.frozensets(st.integers(0, 7)),
)
def test_never_a_known_positive_nor_what_is_vetoed_or_beyond_the_bounds(
    vectors: np.ndarray, known: list[frozenset[int]], margin: float, first: int, ranks: int, refused: frozenset[int]
) -> None:
    queries, passages = vectors[:4], vectors[4:]
    positives = passages[:4]
    bounds = Bounds(margin, first, first + ranks)
    may = [np.array([number not in answers for number in range(8)]) for answers in known]
    found = near_candidates(queries, positives, passages, lambda row: may[row], bounds)
    picked = pick_first(found, lambda pairs: [passage in refused for _, passage in pairs])
    scores = queries @ passages.T
    for row, passage in enumerate(picked.passages):
        if passage is None:
            continue
        assert passage not in known[row]
        assert passage not in refused
        assert scores[row, passage] <= ceiling(scores[row, row], margin) + 1e-6
        nearer = sum(bool(may[row][n]) and scores[row, n] > scores[row, passage] + 1e-6 for n in range(8))
        assert nearer < bounds.end_rank


def test_the_nearest_comes_first_and_equally_near_ones_in_the_order_of_their_numbers() -> None:
    passages = at(30, 10, 30, 20)
    found = near_candidates(at(0), at(0), passages, lambda row: np.ones(4, dtype=bool), ALL)
    assert found.passages[0] == (1, 3, 0, 2)


@pytest.mark.parametrize(("margin", "left"), [(0.0, (2, 3, 4, 5)), (0.05, (3, 4, 5)), (0.3, (5,)), (0.5, ())])
def test_the_margin_keeps_a_negative_below_the_positive_by_a_share_of_it(margin: float, left: tuple[int, ...]) -> None:
    assert candidates(Bounds(margin, 0, 100), positive=20) == left


def test_the_margin_lowers_the_ceiling_of_a_positive_below_zero_too() -> None:
    assert ceiling(np.array([0.5, -0.5], dtype=np.float32), 0.1) == pytest.approx([0.45, -0.55])


@pytest.mark.parametrize(
    ("first", "end", "left"), [(0, 2, (0, 1)), (2, 4, (2, 3)), (4, 100, (4, 5)), (4, None, (4, 5)), (6, 9, ())]
)
def test_ranks_count_from_the_nearest_that_may_be_a_negative(
    first: int, end: int | None, left: tuple[int, ...]
) -> None:
    assert candidates(Bounds(0.0, first, end)) == left


def test_what_may_not_be_a_negative_takes_no_rank() -> None:
    may = np.array([False, True, False, True, True, True])
    assert candidates(Bounds(0.0, 1, 3), may=may) == (3, 4)


def test_what_is_within_the_margin_is_counted() -> None:
    found = near_candidates(at(0), at(25), at(*DEGREES), lambda row: ANY, ALL)
    assert found.within_margin == 3


def test_a_veto_passes_on_to_the_next_and_leaves_none_where_all_are_vetoed() -> None:
    given_to: list[tuple[int, int]] = []

    def veto(pairs: list[tuple[int, int]]) -> list[bool]:
        given_to.extend(pairs)
        return [passage < 2 or row == 1 for row, passage in pairs]

    picked = pick_first(Candidates(((0, 1, 2, 3), (4, 5), (), (6,)), 0), veto)
    assert picked.passages == (2, None, None, 6)
    assert picked.vetoed == 4
    assert (0, 3) not in given_to


def test_without_further_bounds_it_is_what_sentence_transformers_mines() -> None:
    import torch
    from datasets import Dataset
    from sentence_transformers.util import mine_hard_negatives

    vectors = np.random.default_rng(7).normal(size=(24, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = {**{f"q{n}": vectors[n] for n in range(12)}, **{f"p{n}": vectors[12 + n] for n in range(12)}}

    class Model:
        device = "cpu"

        def encode_query(self, queries: list[str], **unused: object) -> np.ndarray:
            return np.stack([texts[text] for text in queries])

        encode_document = encode_query

        def similarity(self, one: np.ndarray, other: torch.Tensor) -> torch.Tensor:
            return torch.as_tensor(one) @ other.T

        def similarity_pairwise(self, one: np.ndarray, other: torch.Tensor) -> torch.Tensor:
            return (torch.as_tensor(one) * other).sum(dim=1)

    rows = {"anchor": [f"q{n}" for n in range(12)], "positive": [f"p{n}" for n in range(12)]}
    theirs = mine_hard_negatives(Dataset.from_dict(rows), Model(), relative_margin=0.05, num_negatives=1, verbose=False)
    found = near_candidates(vectors[:12], vectors[12:], vectors[12:], lambda row: np.arange(12) != row, Bounds(0.05, 0))
    ours = {f"q{row}": f"p{number}" for row, number in enumerate(pick_first(found).passages) if number is not None}
    assert ours == dict(zip(theirs["anchor"], theirs["negative"], strict=True))
    assert 0 < len(ours) < 12


def test_only_so_many_candidates_are_kept() -> None:
    passages = at(*range(1, 80))
    found = near_candidates(at(0), at(0), passages, lambda row: np.ones(79, dtype=bool), ALL)
    assert found.passages[0] == tuple(range(MOST_CANDIDATES))

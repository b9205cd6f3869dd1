"""All pairs above a cosine: exactly those that brute force finds, however they are met."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.errors import InputError
from domain_ft.neighbours import near_pairs as module
from domain_ft.neighbours.near_pairs import near_pairs
from domain_ft.store.vectors import FloatArray


def unit(rows: object) -> FloatArray:
    vectors = np.asarray(rows, dtype=np.float64)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def brute_force(vectors: FloatArray, threshold: float) -> list[tuple[int, int]]:
    exact = vectors.astype(np.float64)
    return [
        (i, j)
        for i in range(len(exact))
        for j in range(i + 1, len(exact))
        if round(float(exact[i] @ exact[j]), 6) >= round(threshold, 6)
    ]


def found(vectors: FloatArray, threshold: float) -> list[tuple[int, int]]:
    pairs = near_pairs(vectors, threshold)
    return list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))


@given(st.integers(0, 2**32 - 1), st.integers(0, 40), st.integers(2, 24), st.integers(1, 9), st.integers(1, 9))
def test_the_pairs_are_those_of_brute_force_with_a_tie_at_the_threshold_whatever_the_blocks(
    seed: int, n: int, dimension: int, rows: int, columns: int
) -> None:
    generator = np.random.default_rng(seed)
    vectors = unit(generator.normal(size=(max(n, 2), dimension)))[:n]
    vectors = np.concatenate([vectors, vectors[: n // 3]])  # and exact copies
    cosines = (vectors.astype(np.float64) @ vectors.astype(np.float64).T)[np.triu_indices(len(vectors), 1)]
    threshold = round(float(generator.choice(cosines)), 6) if len(cosines) else 0.5
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROWS", rows)
        patch.setattr(module, "_COLUMNS", rows + columns)
        assert found(vectors, threshold) == brute_force(vectors, threshold)


def test_two_thousand_embeddings_give_the_pairs_of_brute_force() -> None:
    generator = np.random.default_rng(3)
    centres = generator.normal(size=(400, 48))
    vectors = unit(np.repeat(centres, 5, axis=0) + 0.3 * generator.normal(size=(2000, 48)))
    exact = np.round(vectors.astype(np.float64) @ vectors.astype(np.float64).T, 6)
    expected = [tuple(pair) for pair in np.argwhere(np.triu(exact >= 0.93, 1)).tolist()]
    assert len(expected) > 500
    assert found(vectors, 0.93) == expected


def test_copies_of_one_text_are_at_one_though_float32_rounds() -> None:
    vectors = unit(np.tile(np.random.default_rng(0).normal(size=384), (5, 1)))
    assert near_pairs(vectors, 1.0).cosine.tolist() == [1.0] * 10


def test_too_low_a_threshold_stops_with_the_count_and_a_threshold_that_will_do() -> None:
    vectors = unit(np.abs(np.random.default_rng(1).normal(size=(1500, 8))))
    with pytest.raises(InputError, match=r"pairs after .*% of the comparisons.*try --threshold") as refused:
        near_pairs(vectors, 0.1, most=1000)
    named = float(str(refused.value).rpartition(" ")[2])
    assert 0 < len(near_pairs(vectors, named, most=1000)) <= 1000


def test_where_no_threshold_helps_the_sentence_says_what_does() -> None:
    vectors = np.tile(unit([[1.0, 2.0]]), (200, 1))
    with pytest.raises(InputError, match="remove texts that are alike, or raise --most-pairs"):
        near_pairs(vectors, 1.0, most=50)


def test_one_embedding_has_no_pair_and_none_has_none() -> None:
    assert len(near_pairs(unit([[1.0, 0.0]]), 0.5)) == 0
    assert len(near_pairs(np.empty((0, 4), dtype=np.float32), 0.5)) == 0


def test_progress_ends_at_all_pairs() -> None:
    told: list[tuple[int, int | None]] = []
    vectors = unit(np.random.default_rng(0).normal(size=(2500, 4)))
    near_pairs(vectors, 1.0, progress=lambda step, done, total=None: told.append((done, total)))
    assert told[-1] == (2500 * 2499 // 2, 2500 * 2499 // 2)
    assert [done for done, _ in told] == sorted(done for done, _ in told)

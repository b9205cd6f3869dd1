"""How much of its space a model uses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.evaluation.collapse import SAMPLE, corpus_collapse, effective_rank


def unit(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(rows, columns)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_parallel_rows_have_rank_one_and_orthogonal_rows_their_number() -> None:
    assert effective_rank(np.tile(unit(1, 8), (20, 1))) == pytest.approx(1, abs=1e-3)
    assert effective_rank(np.eye(6, dtype=np.float32)) == pytest.approx(6)


@given(rows=st.integers(1, 30), columns=st.integers(1, 30), seed=st.integers(0, 99))
def test_it_is_the_entropy_of_the_singular_values_however_many_rows_there_are(
    rows: int, columns: int, seed: int
) -> None:
    vectors = unit(rows, columns, seed)
    values = np.linalg.svd(vectors.astype(np.float64), compute_uv=False)
    shares = values[values > 1e-9] / values.sum()
    assert effective_rank(vectors) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()), rel=1e-3)


def test_a_candidate_in_one_place_has_collapsed_and_a_spread_one_has_not() -> None:
    spread, crowded = unit(50, 16), unit(50, 16) * 0.01 + np.eye(16, dtype=np.float32)[0]
    crowded /= np.linalg.norm(crowded, axis=1, keepdims=True)
    assert corpus_collapse({"base": spread, "candidate": crowded}, "base", "candidate", 0).collapsed
    assert not corpus_collapse({"base": spread, "candidate": spread}, "base", "candidate", 0).collapsed


def test_a_large_corpus_is_sampled_by_seed_and_all_models_on_the_same_texts() -> None:
    vectors = unit(SAMPLE + 500, 4)
    one, same, other = (
        corpus_collapse({"base": vectors, "candidate": vectors}, "base", "candidate", seed) for seed in (1, 1, 2)
    )
    assert one.texts == SAMPLE
    assert one == same
    assert one.arms["base"] == one.arms["candidate"]
    assert one.arms["base"] != other.arms["base"]

"""Items are drawn by seed, and stay in their order."""

from hypothesis import given
from hypothesis import strategies as st

from domain_ft.drawn import drawn

SEEDS = st.integers(0, 2**32 - 1)


@given(st.integers(0, 40), st.integers(1, 50), SEEDS)
def test_so_many_are_drawn_each_once_in_their_order(n: int, limit: int, seed: int) -> None:
    found = drawn(range(n), limit, seed)
    assert len(found) == min(n, limit)
    assert list(found) == sorted(set(found))
    assert set(found) <= set(range(n))


def test_the_seed_decides_which() -> None:
    first, again, other = (drawn(range(100), 5, seed) for seed in (1, 1, 2))
    assert first == again != other


@given(st.integers(0, 40), SEEDS)
def test_without_a_limit_all_are_there(n: int, seed: int) -> None:
    assert drawn(range(n), None, seed) == tuple(range(n))

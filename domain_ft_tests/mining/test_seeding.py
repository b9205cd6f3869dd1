"""Seeded draws are the same everywhere and for ever; these numbers must never change."""

import numpy as np

from domain_ft.mining.seeding import Choice, draw, id_keys


def test_keys_are_those_of_blake2b() -> None:
    assert id_keys(["a", "é"]).tolist() == [3405396810240292928, 3394012004367669963]


def test_draws_are_pinned() -> None:
    keys = id_keys(["t1", "t2"]), id_keys(["b1", "b2"])
    assert draw(42, Choice.NEGATIVE, *keys).tolist() == [11166385804368669741, 11063763688837385601]


def test_mixing_follows_splitmix64() -> None:
    zero = np.zeros(1, dtype=np.uint64)
    first = 0xE220A8397B1DCDAF  # the first number of splitmix64 from 0, as its authors give it
    assert _mixed(0) == first
    assert draw(0, Choice.NEGATIVE, zero, zero)[0] == _mixed(_mixed(_mixed(first ^ Choice.NEGATIVE)))


def test_seed_choice_test_and_build_all_matter() -> None:
    a, b = id_keys(["a"]), id_keys(["b"])
    draws = [
        draw(seed, choice, *keys)[0]
        for seed in (0, 1, 2**64 + 5)
        for choice in Choice
        for keys in ((a, b), (b, a), (a, a), (b, b))
    ]
    assert len(set(draws)) == len(draws)


def test_no_ids_no_keys() -> None:
    assert id_keys([]).shape == (0,)
    assert draw(1, Choice.NEGATIVE, id_keys([]), id_keys([])).shape == (0,)


def test_draws_are_spread_evenly() -> None:
    tests = id_keys(f"t{i}" for i in range(20_000))
    counts = np.bincount((draw(7, Choice.WITHIN_BUILD, tests, tests) % np.uint64(10)).astype(int))
    assert counts.min() > 1850
    assert counts.max() < 2150


def _mixed(state: int) -> int:
    """splitmix64 in whole numbers."""
    mask = 2**64 - 1
    state = (state + 0x9E3779B97F4A7C15) & mask
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & mask
    state = (state ^ state >> 27) * 0x94D049BB133111EB & mask
    return state ^ state >> 31

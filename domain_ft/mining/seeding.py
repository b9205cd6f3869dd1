"""Seeded choices that stay the same on every machine and with every library version.

The hash functions of polars, duckdb and Python are not promised across versions (Python's not even across
processes), so ids are keyed by blake2b and mixed by splitmix64. Keys come from the ids themselves, not from their
places, so that a choice stands when other tests and builds arrive.
"""

from collections.abc import Iterable
from enum import IntEnum
from hashlib import blake2b
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Keys: TypeAlias = npt.NDArray[np.uint64]


class Choice(IntEnum):
    """What is chosen; each choice draws from a stream of its own."""

    WITHIN_BUILD = 1
    WITHIN_TEST = 2
    NEGATIVE = 3


def id_keys(ids: Iterable[str]) -> Keys:
    """A 64-bit key per id (n)."""
    digests = b"".join(blake2b(name.encode(), digest_size=8).digest() for name in ids)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def draw(seed: int, choice: Choice, tests: Keys, builds: Keys) -> Keys:
    """A random-looking 64-bit number per pair of a test's key and a build's key (n), the same for the same seed."""
    start = np.array([seed % 2**64], dtype=np.uint64)
    return mix(mix(mix(mix(start) ^ np.uint64(choice)) ^ tests) ^ builds)


def mix(state: Keys) -> Keys:
    """splitmix64 (Steele, Lea, Flood 2014): one step of the generator, on each element; wraps modulo 2**64."""
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))

"""Chance that falls alike on every machine.

NumPy promises the bits of a generator, not what its higher methods make of them in the next version; therefore
everything here is derived from plain uniform numbers. Each purpose has a stream of its own, so that a different
signal changes which tests fail and not one word of the texts.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Item = TypeVar("Item")


class Dice:
    """A stream of chance, named by a seed and a purpose."""

    def __init__(self, seed: int, purpose: str) -> None:
        self._uniform = np.random.Generator(np.random.PCG64([seed, *purpose.encode()])).random

    def uniforms(self, count: int) -> npt.NDArray[np.float64]:
        """Numbers in [0, 1), shape (count,)."""
        return self._uniform(count)

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self._uniform() < probability)

    def below(self, bound: int) -> int:
        """A whole number from 0 to bound - 1."""
        return int(self._uniform() * bound)

    def pick(self, items: Sequence[Item]) -> Item:
        """One of the items."""
        return items[self.below(len(items))]

    def pick_weighted(self, items: Sequence[Item], weights: Sequence[float]) -> Item:
        """One of the items, as often as its weight says."""
        left = float(self._uniform()) * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        return items[-1]

    def pick_earlier(self, items: Sequence[Item]) -> Item:
        """One of the items; the first one most often, each further one half as often as the one before."""
        return self.pick_weighted(items, [0.5**place for place in range(len(items))])

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in another order."""
        return [items[index] for index in np.argsort(self.uniforms(len(items)), kind="stable")]

    def hexadecimal(self, digits: int) -> str:
        """A hexadecimal number with this many digits."""
        return "".join(f"{self.below(65536):04x}" for _ in range((digits + 3) // 4))[:digits]

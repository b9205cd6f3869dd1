"""How long work tells where it is: one callable, so that a bar, an asset observation or a test can listen."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

_EVERY = 1000
_Item = TypeVar("_Item")


class Progress(Protocol):
    """Called with the step's name, the units done so far and the total (None where it is not known)."""

    def __call__(self, step: str, done: int, total: int | None = None) -> None: ...


def silent(step: str, done: int, total: int | None = None) -> None:
    """Listen to nothing."""


def told(items: Iterable[_Item], step: str, progress: Progress, total: int | None = None) -> Iterator[_Item]:
    """Items as they come; after every thousandth that was dealt with, `progress` hears of it."""
    for number, item in enumerate(items, 1):
        yield item
        if not number % _EVERY:
            progress(step, number, total)

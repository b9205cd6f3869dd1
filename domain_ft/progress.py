"""How long work tells where it is: one callable, so that a bar, an asset observation or a test can listen."""

from typing import Protocol


class Progress(Protocol):
    """Called with the step's name, the units done so far and the total (None where it is not known)."""

    def __call__(self, step: str, done: int, total: int | None = None) -> None: ...


def silent(step: str, done: int, total: int | None = None) -> None:
    """Listen to nothing."""

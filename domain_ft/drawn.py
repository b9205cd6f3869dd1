"""So many of some items, drawn by seed: a training, its validation and the search for a prompt each may take a part."""

import random
from collections.abc import Sequence
from typing import TypeVar

_Item = TypeVar("_Item")


def drawn(items: Sequence[_Item], limit: int | None, seed: int) -> tuple[_Item, ...]:
    """At most `limit` of the items (None: all) in their order, the same for the same seed."""
    if limit is None or limit >= len(items):
        return tuple(items)
    return tuple(items[place] for place in sorted(random.Random(seed).sample(range(len(items)), limit)))

"""Which training texts may stand against which of those that ask: never one that is known to belong to it.

They come from the triplets of the train split alone, so nothing that is held out can be among them. Texts count
as the same in their normalized form, on both sides.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np

from domain_ft.embedding.examples import Column
from domain_ft.mining.nearest import Flags
from domain_ft.words import normalized

Pair = tuple[str, str]


class NegativePool:
    """The distinct texts that may be negatives of some rows, sorted, and what each row may get of them.

    A row asks with one text and finds the other; `others` are further negatives. `related` are all pairs
    (asked, found) that are known to belong together, in a triplet or not. Where `unaffected` pairs are given, as a
    history does, nothing else may be a negative.
    """

    def __init__(
        self,
        asked: Sequence[str],
        found: Sequence[str],
        others: Column = (),
        *,
        related: Iterable[Pair] = (),
        unaffected: Iterable[Pair] | None = None,
    ) -> None:
        texts: dict[str, str] = {}
        for text in sorted({*found, *(text for text in others if text)}):
            texts.setdefault(normalized(text), text)
        self._keys = [normalized(text) for text in asked]
        self._numbers = {key: number for number, key in enumerate(texts)}
        self.passages = tuple(texts.values())
        self._known = self._by_asked([*zip(asked, found, strict=True), *related])
        self._unaffected = None if unaffected is None else self._by_asked(unaffected)

    def may(self, row: int) -> Flags:
        """A mask over the passages: those that may be a negative of a row."""
        key = self._keys[row]
        if self._unaffected is None:
            flags = np.ones(len(self.passages), dtype=bool)
        else:
            flags = np.zeros(len(self.passages), dtype=bool)
            flags[list(self._unaffected.get(key, ()))] = True
        flags[list(self._known.get(key, ()))] = False
        if key in self._numbers:
            flags[self._numbers[key]] = False
        return flags

    def _by_asked(self, pairs: Iterable[Pair]) -> Mapping[str, set[int]]:
        """The numbers of the passages beside what asks for them; pairs of other texts are passed over."""
        asked, numbers, form = set(self._keys), defaultdict[str, set[int]](set), cache(normalized)
        for one, other in pairs:
            key, number = form(one), self._numbers.get(form(other))
            if key in asked and number is not None:
                numbers[key].add(number)
        return numbers

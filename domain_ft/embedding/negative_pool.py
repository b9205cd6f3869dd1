"""Which training passages may stand against which anchor: never one that is known to belong to it.

Passages come from the triplets of the train split alone, so nothing that is held out can be among them. Texts count
as the same in their normalized form, on both sides.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from domain_ft.embedding.examples import Rows
from domain_ft.mining.nearest import Flags
from domain_ft.words import normalized

Pair = tuple[str, str]


class NegativePool:
    """The distinct positives and negatives of the training triplets, sorted, and what each anchor may get of them.

    `related` are all pairs (anchor, partner) that are known to belong together, in a triplet or not. Where
    `unaffected` pairs are given, as a history does, nothing else may be a negative.
    """

    def __init__(self, rows: Rows, related: Iterable[Pair], unaffected: Iterable[Pair] | None = None) -> None:
        partners = (text for column in ("positive", "negative") for text in rows[column] if text)
        texts: dict[str, str] = {}
        for text in sorted(set(partners)):
            texts.setdefault(normalized(text), text)
        self._keys = [normalized(anchor or "") for anchor in rows["anchor"]]
        self._numbers = {key: number for number, key in enumerate(texts)}
        self.passages = tuple(texts.values())
        own = ((anchor, partner) for anchor, partner in zip(rows["anchor"], rows["positive"], strict=True))
        self._known = self._by_anchor([*((a, p) for a, p in own if a and p), *related])
        self._unaffected = None if unaffected is None else self._by_anchor(unaffected)

    def may(self, row: int) -> Flags:
        """A mask over the passages: those that may be a negative of a row's anchor."""
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

    def _by_anchor(self, pairs: Iterable[Pair]) -> Mapping[str, set[int]]:
        """The numbers of the passages that stand beside an anchor; pairs of other texts are passed over."""
        asked, found = set(self._keys), defaultdict[str, set[int]](set)
        for anchor, partner in pairs:
            key, number = normalized(anchor), self._numbers.get(normalized(partner))
            if key in asked and number is not None:
                found[key].add(number)
        return found

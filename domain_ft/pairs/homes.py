"""The splits that passages belong to, so that none of them serves as a negative in another split."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from domain_ft.texts.near_duplicates import near_duplicates
from domain_ft.words import normalized

_NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Homes:
    """The splits of normalized texts: those that a text stands in as a passage, and those of passages it nearly is."""

    equal: Mapping[str, frozenset[str]]
    near: Mapping[str, frozenset[str]]

    def is_of_another(self, text: str, split: str) -> bool:
        """Whether a text is a passage of another split."""
        return bool(self.equal.get(text, _NOWHERE) - {split})

    def is_near_another(self, text: str, split: str) -> bool:
        """Whether a text is nearly a passage of another split."""
        return bool(self.near.get(text, _NOWHERE) - {split})


def homes_of(texts: Iterable[str | None], placed: pl.DataFrame, near_duplicate: float) -> Homes:
    """The homes of all passages and contexts of `placed`, asked for or not, and of the texts that are nearly one."""
    equal: dict[str, set[str]] = {}
    for side in ("passage", "context"):
        for text, split in placed.select(side, "split").drop_nulls().unique().iter_rows():
            equal.setdefault(normalized(text), set()).add(split)
    others = {normalized(text) for text in texts if text} - equal.keys()
    known = [*sorted(equal), *sorted(others)]
    near: dict[str, set[str]] = {}
    for passage, other in near_duplicates(known, near_duplicate) if others else ():
        if passage < len(equal) <= other:
            near.setdefault(known[other], set()).update(equal[known[passage]])
    return Homes(_frozen(equal), _frozen(near))


def _frozen(splits: Mapping[str, set[str]]) -> dict[str, frozenset[str]]:
    return {text: frozenset(found) for text, found in splits.items()}

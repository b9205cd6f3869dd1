"""A passage that does not answer, for each pair: its own negative where it has one that may be used, else another.

A negative is never known to answer the query, and never a passage of another split, or nearly one: a model would have
seen what it is judged on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from domain_ft.lexical import LexicalIndex
from domain_ft.mining.seeding import id_keys
from domain_ft.pairs.homes import Homes
from domain_ft.pairs.settings import Negatives
from domain_ft.words import normalized

_LOOKED_AT = 50
"""Nearest passages that are looked at; beyond them any passage is as good."""


@dataclass(frozen=True)
class ChosenNegatives:
    """A negative per row (None where there is none), and how many of the given ones could not be used, by reason."""

    texts: list[str | None]
    known_positive: int
    of_another_split: int
    near_another_split: int
    mined: int


def choose_negatives(
    rows: pl.DataFrame,
    known: Mapping[str, frozenset[str]],
    homes: Homes,
    how: Negatives,
    seed: int,
) -> ChosenNegatives:
    """Choose a negative for each row (anchor, positive, negative, pair_id, split).

    `known` maps a normalized query to all normalized passages that answer it.
    """
    pools = {str(split): _Pool(part["positive"].unique().sort().to_list()) for (split,), part in rows.group_by("split")}
    texts: list[str | None] = []
    known_positive = of_another_split = near_another_split = mined = 0
    for anchor, positive, given, pair, split in rows.select(
        "anchor", "positive", "negative", "pair_id", "split"
    ).iter_rows():
        answers = known[normalized(anchor)] | {normalized(positive)}
        if how == "given" and given is not None:
            said = normalized(given)
            if said in answers:
                known_positive += 1
            elif homes.is_of_another(said, split):
                of_another_split += 1
            elif homes.is_near_another(said, split):
                near_another_split += 1
            else:
                texts.append(given)
                continue
        pool = pools[split]
        found = pool.at_random(answers, f"{seed}/{pair}") if how == "random" else pool.nearest(anchor, answers)
        mined += found is not None
        texts.append(found)
    return ChosenNegatives(texts, known_positive, of_another_split, near_another_split, mined)


class _Pool:
    """The passages of one split."""

    def __init__(self, passages: Sequence[str]) -> None:
        self._passages = passages
        self._index = LexicalIndex(passages)

    def nearest(self, query: str, answers: frozenset[str]) -> str | None:
        """The passage nearest to a query by BM25 among those that do not answer it; ties by text."""
        scores = self._index.scores(query)
        order = (-scores).argsort(kind="stable")
        return self._first(order[: _LOOKED_AT + len(answers)].tolist(), answers)

    def at_random(self, answers: frozenset[str], lot: str) -> str | None:
        """Any passage that does not answer, the same for the same lot."""
        count = len(self._passages)
        start = int(id_keys([lot])[0]) % count
        return self._first(((start + step) % count for step in range(count)), answers)

    def _first(self, numbers: Iterable[int], answers: frozenset[str]) -> str | None:
        for number in numbers:
            if normalized(self._passages[number]) not in answers:
                return self._passages[number]
        return None

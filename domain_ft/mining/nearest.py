"""Negatives that a model itself finds near: of the passages that may stand against a query, the nearest that fits.

Nearest is not always wrong: the closer a passage is to the query, the likelier it is an answer that nobody marked.
So a margin keeps it below the known answer (the positive-aware mining of NV-Retriever, arXiv 2407.15831), a range of
ranks leaves out the very first, and a second opinion may veto what is left.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from domain_ft.store.vectors import FloatArray

Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
May: TypeAlias = Callable[[int], Flags]
"""The number of a row -> a mask over the passages: those that may stand against its query."""
Veto: TypeAlias = Callable[[Sequence[tuple[int, int]]], Sequence[bool]]
"""Pairs (row, passage) -> whether the passage is too good to be a negative."""

_CELLS = 2**24
"""Similarities that are in memory at once."""
MOST_CANDIDATES = 50
"""A row's candidates beyond so many are not kept: where all of these are vetoed, the row has none."""


@dataclass(frozen=True)
class Bounds:
    """What a negative must keep to; ranks count the passages that may be one, the nearest is 0."""

    margin: float
    first_rank: int
    end_rank: int | None = None
    """The first rank beyond the range; None: it has no end."""


@dataclass(frozen=True)
class Candidates:
    """Per row the nearest passages that keep to the bounds, in order, and how many were within the margin."""

    passages: tuple[tuple[int, ...], ...]
    within_margin: int


@dataclass(frozen=True)
class Picked:
    """Per row the passage that was picked (None: none was left), and how many were vetoed."""

    passages: tuple[int | None, ...]
    vetoed: int


def ceiling(positive: FloatArray, margin: float) -> FloatArray:
    """The highest score of a negative beside a positive's: s - margin * |s|, so that a negative s lowers it, too."""
    return np.subtract(positive, margin * np.abs(positive), dtype=np.float32)


def near_candidates(
    queries: FloatArray, positives: FloatArray, passages: FloatArray, may: May, bounds: Bounds
) -> Candidates:
    """The candidates of each row, by cosine of unit vectors: queries and positives (rows, d), passages (n, d).

    Equally near passages stand in the order of their numbers.
    """
    highest = ceiling(np.einsum("ij,ij->i", queries, positives), bounds.margin)
    found, within_margin = [], 0
    for row, scores in _scores(queries, passages):
        numbers = np.flatnonzero(may(row))
        end = len(numbers) if bounds.end_rank is None else bounds.end_rank
        nearest = numbers[_highest(scores[numbers], end)][bounds.first_rank :]
        fits = scores[nearest] <= highest[row]
        within_margin += int((~fits).sum())
        found.append(tuple(nearest[fits][:MOST_CANDIDATES].tolist()))
    return Candidates(tuple(found), within_margin)


def pick_first(candidates: Candidates, veto: Veto | None = None) -> Picked:
    """The first candidate of each row that is not vetoed; the veto is asked for all rows at once, rank by rank."""
    picked: dict[int, int] = {}
    vetoed, place = 0, 0
    waiting = list(range(len(candidates.passages)))
    while waiting := [row for row in waiting if len(candidates.passages[row]) > place]:
        pairs = [(row, candidates.passages[row][place]) for row in waiting]
        refused = [False] * len(pairs) if veto is None else veto(pairs)
        picked.update(pair for pair, no in zip(pairs, refused, strict=True) if not no)
        waiting = [row for row, no in zip(waiting, refused, strict=True) if no]
        vetoed, place = vetoed + len(waiting), place + 1
    return Picked(tuple(picked.get(row) for row in range(len(candidates.passages))), vetoed)


def _scores(queries: FloatArray, passages: FloatArray) -> Iterator[tuple[int, FloatArray]]:
    """(row, its similarity to each passage), a block of rows at a time."""
    block = max(1, _CELLS // max(1, len(passages)))
    for start in range(0, len(queries), block):
        yield from enumerate(queries[start : start + block] @ passages.T, start)


def _highest(scores: FloatArray, count: int) -> Integers:
    """The places of the `count` highest scores, the highest first."""
    places = np.arange(len(scores))
    if count < len(scores):
        lowest = np.partition(scores, len(scores) - count)[len(scores) - count]
        places = np.flatnonzero(scores >= lowest)
    order: Integers = places[np.lexsort((places, -scores[places]))][:count]
    return order

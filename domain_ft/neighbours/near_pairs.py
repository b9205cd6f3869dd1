"""All pairs of embeddings at or above a cosine, exactly, without ever holding the matrix of all cosines.

Blocks of the upper triangle are multiplied in float32; what comes within its rounding error of the threshold is
measured again in float64. So whether a pair counts never depends on the block in which it was met.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain_ft.amounts import counted
from domain_ft.errors import InputError
from domain_ft.progress import Progress, silent
from domain_ft.store.vectors import FloatArray

IntArray = npt.NDArray[np.int64]
MOST_PAIRS = 1_000_000
DECIMALS = 6
"""A cosine is rounded to these before it is compared: two float32 copies of one text are at 1, not just below it."""
_ROWS, _COLUMNS = 1024, 4096
_AT_ONCE = 1 << 14
"""Pairs measured again in one go."""
_UNIT_ROUNDOFF = 2.0**-24


@dataclass(frozen=True)
class NearPairs:
    """Pairs of rows, first < second, sorted by them, with their cosines."""

    first: IntArray
    second: IntArray
    cosine: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.first)


def near_pairs(
    vectors: FloatArray, threshold: float, *, most: int = MOST_PAIRS, progress: Progress = silent
) -> NearPairs:
    """Every pair of unit-length embeddings (n, d) whose cosine, rounded to six decimals, is at least `threshold`.

    Memory: one block of 1,024 x 4,096 cosines and the pairs found. InputError where there are more than `most`,
    with a threshold at which there should be fewer.
    """
    n = len(vectors)
    found: list[NearPairs] = []
    count, compared, total = 0, 0, n * (n - 1) // 2
    progress("compare", 0, total)
    for rows, columns in _blocks(n):
        first, second = _candidates(vectors, rows, columns, threshold)
        compared += _pairs_in(rows, columns)
        if len(first) <= most:
            near = _measured(vectors, first, second, threshold)
            found.append(near)
            count += len(near)
        if len(first) > most or count > most:
            seen = [each.cosine for each in found] if count > most else [_sample(vectors, first, second)]
            raise _too_many(max(count, len(first)), np.concatenate(seen), threshold, most, compared / total)
        progress("compare", compared, total)
    return _sorted(found)


def cosines(vectors: FloatArray, first: IntArray, second: IntArray) -> npt.NDArray[np.float64]:
    """The cosine of each pair of rows (m), measured in float64 and rounded."""
    measured = np.empty(len(first))
    for start in range(0, len(first), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        one, other = vectors[first[part]].astype(np.float64), vectors[second[part]]
        measured[part] = np.einsum("ij,ij->i", one, other)
    return np.round(measured, DECIMALS)


def _blocks(n: int) -> Iterator[tuple[slice, slice]]:
    """Blocks that cover the upper triangle."""
    for top in range(0, n, _ROWS):
        for left in range(top, n, _COLUMNS):
            yield slice(top, min(top + _ROWS, n)), slice(left, min(left + _COLUMNS, n))


def _pairs_in(rows: slice, columns: slice) -> int:
    """Pairs above the diagonal in a block; one that meets the diagonal begins at it, and is not higher than wide."""
    height, width = int(rows.stop - rows.start), int(columns.stop - columns.start)
    return height * width - (height * (height + 1) // 2 if rows.start == columns.start else 0)


def _candidates(vectors: FloatArray, rows: slice, columns: slice, threshold: float) -> tuple[IntArray, IntArray]:
    """Pairs of a block that float32 cannot tell from such at the threshold.

    The error of a float32 scalar product of unit vectors is at most d u / (1 - d u), u = 2^-24 (Higham, Accuracy and
    Stability of Numerical Algorithms, 2002, section 3.1).
    """
    steps = vectors.shape[1] * _UNIT_ROUNDOFF
    slack = steps / (1 - steps) + 10.0**-DECIMALS
    products = vectors[rows] @ vectors[columns].T
    flat = np.flatnonzero(products >= np.float32(threshold - slack))
    first, second = np.divmod(flat, products.shape[1])
    first, second = first + rows.start, second + columns.start
    above = first < second
    return first[above], second[above]


def _measured(vectors: FloatArray, first: IntArray, second: IntArray, threshold: float) -> NearPairs:
    cosine = cosines(vectors, first, second)
    near = cosine >= round(threshold, DECIMALS)
    return NearPairs(first[near], second[near], cosine[near])


def _sorted(found: list[NearPairs]) -> NearPairs:
    if not found:
        return NearPairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    first, second, cosine = (
        np.concatenate([getattr(each, name) for each in found]) for name in ("first", "second", "cosine")
    )
    order = np.lexsort((second, first))
    return NearPairs(first[order], second[order], cosine[order])


def _sample(vectors: FloatArray, first: IntArray, second: IntArray) -> npt.NDArray[np.float64]:
    """The cosines of some of a block's candidates, spread evenly."""
    some = np.linspace(0, len(first) - 1, min(len(first), 4 * _AT_ONCE)).astype(np.int64)
    return cosines(vectors, first[some], second[some])


def _too_many(count: int, seen: npt.NDArray[np.float64], threshold: float, most: int, share: float) -> InputError:
    """The refusal; it names the lowest threshold with two decimals at which half of `most` are to be expected.

    `count` pairs came of this `share` of the work, and `seen` are the cosines of some of them.
    """
    wanted = max(1, int(len(seen) * (most / 2) / (count / share)))
    aim = float(np.sort(seen)[-min(wanted, len(seen))])
    higher = max(np.ceil(aim * 100), np.floor(threshold * 100) + 1) / 100
    mend = f"try --threshold {higher:.2f}" if higher <= 1 else "remove texts that are alike, or raise --most-pairs"
    return InputError(
        f"--threshold {threshold:g}: {counted(count, 'pairs')} after {share:.0%} of the comparisons, and at most "
        f"{most:,} are kept (--most-pairs); {mend}"
    )

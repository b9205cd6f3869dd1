"""Groups of texts that near pairs connect, with what holds each together.

A chain of near pairs joins texts that are not near each other (single linkage). Such a group is told as what it is:
it is the pairs that are duplicates, and who keeps one text of a chain may lose what another says. Copies of a text are
counted, and measured once: a log may hold one line a hundred thousand times.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain_ft.neighbours.near_pairs import DECIMALS, IntArray, NearPairs, cosines
from domain_ft.store.vectors import FloatArray

_CELLS = 1 << 22
"""Cosines held at once."""


@dataclass(frozen=True)
class Group:
    """Places that are connected by near pairs, or hold the same row."""

    members: tuple[int, ...]
    """Ascending."""
    medoid: int
    """The first place of the row that is nearest to all members: the one to keep where one is to be kept."""
    lowest: float
    """The lowest cosine between any two members."""
    is_chain: bool
    """Whether that is below the threshold."""


def groups_of(
    vectors: FloatArray, pairs: NearPairs, threshold: float, own: IntArray | None = None
) -> tuple[Group, ...]:
    """The connected components of two places or more, the largest first, then by first place.

    `vectors` (n, d) are the embeddings of distinct rows, `pairs` the near ones among them, and `own` (m) says which row
    stands at each place: every row at one place or more. None: each row is a place of its own.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(vectors)
    of_place = np.arange(n) if own is None else own
    edges = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs.first, pairs.second)), shape=(n, n))
    _, component = connected_components(edges, directed=False)
    groups = [_group(vectors, places, of_place[places], threshold) for places in _parts(component[of_place])]
    return tuple(sorted(groups, key=lambda group: (-len(group.members), group.members)))


def _parts(component: npt.NDArray[np.int32]) -> list[IntArray]:
    """The places of each component that has more than one."""
    order = np.argsort(component, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(component[order])) + 1)
    return [part for part in parts if len(part) > 1]


def _group(vectors: FloatArray, places: IntArray, of_place: IntArray, threshold: float) -> Group:
    rows, first_of, copies = np.unique(of_place, return_index=True, return_counts=True)
    own = vectors[rows].astype(np.float64)
    together = np.round(own @ (copies @ own), DECIMALS)
    lowest = _lowest(vectors, vectors[rows], rows)
    return Group(
        members=tuple(places.tolist()),
        medoid=int(places[first_of[together == together.max()].min()]),
        lowest=lowest,
        is_chain=lowest < round(threshold, DECIMALS),
    )


def _lowest(vectors: FloatArray, own: FloatArray, members: IntArray) -> float:
    """The lowest cosine of two rows, or of a row alone with itself: the lowest of each block, measured again."""
    first, second = [], []
    rows = max(1, _CELLS // len(own))
    for top in range(0, len(own), rows):
        products = own[top : top + rows] @ own.T
        row, column = np.unravel_index(np.argmin(products), products.shape)
        first.append(members[top + row])
        second.append(members[column])
    return float(cosines(vectors, np.array(first), np.array(second)).min())

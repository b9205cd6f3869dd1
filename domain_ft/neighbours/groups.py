"""Groups of texts that near pairs connect, with what holds each together.

A chain of near pairs joins texts that are not near each other (single linkage). Such a group is told as what it is:
it is the pairs that are duplicates, and who keeps one text of a chain may lose what another says.
"""

from dataclasses import dataclass

import numpy as np

from domain_ft.neighbours.near_pairs import DECIMALS, IntArray, NearPairs, cosines
from domain_ft.store.vectors import FloatArray

_CELLS = 1 << 22
"""Cosines held at once."""


@dataclass(frozen=True)
class Group:
    """Rows that are connected by near pairs."""

    members: tuple[int, ...]
    """Ascending."""
    medoid: int
    """The row that is nearest to all others: the one to keep where one is to be kept."""
    lowest: float
    """The lowest cosine between any two members."""
    is_chain: bool
    """Whether that is below the threshold."""


def groups_of(vectors: FloatArray, pairs: NearPairs, threshold: float) -> tuple[Group, ...]:
    """The connected components of two rows or more of the embeddings (n, d), the largest first, then by first row."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(vectors)
    edges = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs.first, pairs.second)), shape=(n, n))
    _, component = connected_components(edges, directed=False)
    order = np.argsort(component, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(component[order])) + 1)
    groups = [_group(vectors, part, threshold) for part in parts if len(part) > 1]
    return tuple(sorted(groups, key=lambda group: (-len(group.members), group.members)))


def _group(vectors: FloatArray, members: IntArray, threshold: float) -> Group:
    own = vectors[members]
    together = own.astype(np.float64) @ own.sum(axis=0, dtype=np.float64)
    lowest = _lowest(vectors, own, members)
    return Group(
        members=tuple(members.tolist()),
        medoid=int(members[np.argmax(np.round(together, DECIMALS))]),
        lowest=lowest,
        is_chain=lowest < round(threshold, DECIMALS),
    )


def _lowest(vectors: FloatArray, own: FloatArray, members: IntArray) -> float:
    """The lowest cosine of two members: the lowest of each block, measured again."""
    first, second = [], []
    rows = max(1, _CELLS // len(own))
    for top in range(0, len(own), rows):
        products = own[top : top + rows] @ own.T
        row, column = np.unravel_index(np.argmin(products), products.shape)
        first.append(members[top + row])
        second.append(members[column])
    return float(cosines(vectors, np.array(first), np.array(second)).min())

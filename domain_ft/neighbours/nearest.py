"""The nearest of some embeddings to each of others, a block of rows at a time: no full matrix is ever held."""

from dataclasses import dataclass

import numpy as np

from domain_ft.neighbours.near_pairs import IntArray
from domain_ft.progress import Progress, silent
from domain_ft.store.vectors import FloatArray

_CELLS = 1 << 24
"""Cosines held at once."""


@dataclass(frozen=True)
class Nearest:
    """For each of n rows its k nearest, the nearest first."""

    places: IntArray
    """(n, k)"""
    cosines: FloatArray
    """(n, k)"""


def nearest(
    rows: FloatArray, among: FloatArray | None = None, *, k: int, progress: Progress = silent, step: str = "compare"
) -> Nearest:
    """The k nearest by cosine of unit vectors, `rows` (n, d), `among` (m, d); None: among themselves, each but itself.

    k is at most what is there to be near.
    """
    import torch  # its choice of the highest is 25 times as fast as numpy's

    others = rows if among is None else among
    k = max(0, min(k, len(others) - (among is None)))
    block = max(1, _CELLS // max(1, len(others)))
    places = np.empty((len(rows), k), dtype=np.int64)
    cosines = np.empty((len(rows), k), dtype=np.float32)
    for start in range(0, len(rows), block):
        progress(step, start, len(rows))
        products = rows[start : start + block] @ others.T
        if among is None:
            own = np.arange(len(products))
            products[own, own + start] = -np.inf
        best = torch.topk(torch.from_numpy(products), k, dim=1)
        places[start : start + block], cosines[start : start + block] = best.indices.numpy(), best.values.numpy()
    progress(step, len(rows), len(rows))
    return Nearest(places, cosines)

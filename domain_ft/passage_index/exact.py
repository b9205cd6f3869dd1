"""The truly nearest passages, block by block: what every shortcut is measured against, and how models are compared."""

from collections.abc import Iterable

import numpy as np

from domain_ft.evaluation.task import IntArray
from domain_ft.passage_index.passage_table import Hits
from domain_ft.store.vectors import FloatArray

ANY = -1
"""The part of a query that looks in all of them."""


def exact_nearest(
    queries: FloatArray,
    blocks: Iterable[FloatArray],
    depth: int,
    query_parts: IntArray | None = None,
    passage_parts: IntArray | None = None,
) -> list[Hits]:
    """Per query (n, d) the `depth` passages with the highest cosines, best first, ties by row.

    Vectors of passages come in blocks (b, d); no more than a block's cosines and the best so far are held. Parts are
    numbers; a query sees the passages of its own alone, or with `ANY` all.
    """
    best: FloatArray = np.empty((len(queries), 0), dtype=np.float32)
    rows: IntArray = np.empty((len(queries), 0), dtype=np.int64)
    start = 0
    for block in blocks:
        cosines: FloatArray = queries @ block.T
        if query_parts is not None and passage_parts is not None:
            own = passage_parts[None, start : start + len(block)] == query_parts[:, None]
            cosines = np.where(own | (query_parts == ANY)[:, None], cosines, -np.inf).astype(np.float32)
        numbers: IntArray = np.broadcast_to(np.arange(start, start + len(block)), cosines.shape)
        if len(block) > depth:  # sorting the rest of a block would be most of the work
            highest = np.argpartition(-cosines, depth - 1, axis=1)[:, :depth]
            cosines = np.take_along_axis(cosines, highest, axis=1)
            numbers = np.take_along_axis(numbers, highest, axis=1)
        best, rows = np.concatenate([best, cosines], axis=1), np.concatenate([rows, numbers], axis=1)
        order = np.lexsort((rows, -best), axis=1)[:, :depth]
        best, rows = np.take_along_axis(best, order, axis=1), np.take_along_axis(rows, order, axis=1)
        start += len(block)
    return [
        Hits(tuple(own[seen > -np.inf].tolist()), tuple(seen[seen > -np.inf].tolist()))
        for own, seen in zip(rows, best, strict=True)
    ]

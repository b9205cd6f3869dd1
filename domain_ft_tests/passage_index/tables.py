"""Small tables of passages with vectors made by hand, for tests that need no model."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from domain_ft.passage_index.build import Built, build_table
from domain_ft.passage_index.passage_index import PassageIndex
from domain_ft.passage_index.passage_table import PassageTable
from domain_ft.passage_index.settings import IndexSettings
from domain_ft.store.vectors import FloatArray
from domain_ft.uses.domain_texts import PASSAGES

DIMENSION = 16


def unit_vectors(count: int, seed: int = 0, dimension: int = DIMENSION) -> FloatArray:
    """Random vectors (n, d) of length 1."""
    drawn = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def passages_of(texts: Sequence[str], parts: Sequence[str | None] | None = None) -> pl.DataFrame:
    """Passages p0, p1 and so on."""
    return pl.DataFrame(
        {
            "passage_id": [f"p{row}" for row in range(len(texts))],
            "text": list(texts),
            "part": list(parts) if parts else [None] * len(texts),
            "source": [None] * len(texts),
        },
        schema=PASSAGES,
    )


def built_table(
    folder: Path,
    passages: pl.DataFrame,
    vectors: FloatArray,
    queries: FloatArray | None = None,
    settings: IndexSettings | None = None,
) -> Built:
    """Build a table whose passages have these vectors; their texts must differ."""
    row = {text: number for number, text in enumerate(passages["text"])}

    def encode(texts: Sequence[str]) -> FloatArray:
        return vectors[[row[text] for text in texts]]

    asked = vectors[:5] if queries is None else queries
    return build_table(folder, passages, encode, asked, settings or IndexSettings())


def opened(
    folder: Path, built: Built, vector_weight: float = 0.5, settings: IndexSettings | None = None
) -> PassageIndex:
    """The index over such a table."""
    return PassageIndex(folder, {}, PassageTable(folder), built.nearest, settings or IndexSettings(), vector_weight)

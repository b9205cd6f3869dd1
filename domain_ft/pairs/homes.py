"""The splits that passages belong to, so that none of them serves as a negative in another split."""

import polars as pl

from domain_ft.words import normalized

SIDES = ("passage", "context")
"""Columns whose texts answer the query."""


def homes_of_passages(placed: pl.DataFrame) -> dict[str, frozenset[str]]:
    """Normalized text -> the splits it stands in as a passage or context, be it asked for or not."""
    homes: dict[str, set[str]] = {}
    for side in SIDES:
        for text, split in placed.select(side, "split").drop_nulls().unique().iter_rows():
            homes.setdefault(normalized(text), set()).add(split)
    return {text: frozenset(splits) for text, splits in homes.items()}

"""The one table of a domain of query-passage pairs: what every later stage reads, and nothing else."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from domain_ft.store import tables
from domain_ft.store.tables import ids_of_texts, read_table_of, tables_digest

PAIRS = pl.Schema(
    {
        "pair_id": pl.String(),
        "query": pl.String(),
        "passage": pl.String(),
        "context": pl.String(),
        "negative": pl.String(),
        "group": pl.String(),
        "sub_domain": pl.String(),
    }
)
"""One row per pair, by pair_id: context (a second passage that answers the query), negative, group (the document that
a pair was made from) and sub_domain may be null."""
TABLE = "pairs"
_TEXTS = ("query", "passage", "context", "negative")


def pair_ids(rows: pl.DataFrame) -> pl.Series:
    """12 hex digits of what a row says: equal for rows that differ in case and white space alone."""
    return ids_of_texts(rows, _TEXTS, "pair_id")


def read_pairs(folder: Path) -> pl.DataFrame:
    """The pairs of a published folder."""
    return read_table_of(folder / f"{TABLE}.parquet", PAIRS)


def write_pairs(folder: Path, pairs: pl.DataFrame) -> None:
    """Write the pairs into an existing folder."""
    canonical(pairs).write_parquet(folder / f"{TABLE}.parquet", compression="zstd", statistics=True)


def canonical(pairs: pl.DataFrame) -> pl.DataFrame:
    """The same content with the columns, types and row order that the table is kept in."""
    return tables.canonical(pairs, PAIRS)


def pairs_digest(held: Mapping[str, pl.DataFrame]) -> str:
    """The hex sha256 of the content, the same whatever the order of the rows."""
    return tables_digest({name: canonical(table) for name, table in held.items()})

"""Tables of a published folder: how they are read, by their exact path, and what identifies their content."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from domain_ft.errors import DomainFtError
from domain_ft.store.digests import sha256_json
from domain_ft.words import normalized

_BLOCK = 1 << 16


def read_table(path: Path, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """A table, or some columns of it; DomainFtError where the file is gone or damaged.

    The path is taken as it is: `[` and `*` in the name of a state root are no patterns.
    """
    try:
        return pl.read_parquet(path, columns=list(columns) if columns else None, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        said = str(error).strip().splitlines()[0]
        raise DomainFtError(f"{path}: not readable ({said}); remove {path.parent} and make it again") from None


def read_table_of(path: Path, schema: pl.Schema) -> pl.DataFrame:
    """A normalized table; a missing, damaged or foreign one is a DomainFtError."""
    try:
        table = pl.read_parquet(path, glob=False)
    except FileNotFoundError:
        raise DomainFtError(f"{path}: missing; ingest the domain's files again") from None
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DomainFtError(f"{path}: not readable as Parquet ({error}); ingest the domain's files again") from None
    if table.schema != schema:
        raise DomainFtError(
            f"{path}: has columns {dict(table.schema)}, expected {dict(schema)}; ingest the files again"
        )
    return table


def canonical(rows: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The same content with the columns, types and row order that a table is kept in: by its key, the first column."""
    return rows.select(pl.col(name).cast(kind) for name, kind in schema.items()).sort(schema.names()[0])


def ids_of_texts(rows: pl.DataFrame, columns: Sequence[str], name: str) -> pl.Series:
    """12 hex digits of what each row says there: equal for rows that differ in case and white space alone."""
    ids = []
    for texts in rows.select(columns).iter_rows():
        said = "\0".join(normalized(text or "") for text in texts)
        ids.append(hashlib.blake2b(said.encode(), digest_size=6).hexdigest())
    return pl.Series(name, ids, dtype=pl.String)


def tables_digest(tables: Mapping[str, pl.DataFrame]) -> str:
    """The hex sha256 of the content of some tables, row by row, from plain buffers that no library version changes."""
    return sha256_json({name: {c: _column_digest(table[c]) for c in table.columns} for name, table in tables.items()})


def _column_digest(column: pl.Series) -> str:
    """sha256 over a column's values and their bounds."""
    digest = hashlib.sha256(len(column).to_bytes(8, "little"))
    if isinstance(column.dtype, pl.List):
        _add_numbers(digest, column.list.len())
        column = column.explode(empty_as_null=False, keep_nulls=False)
    if column.dtype == pl.String:
        _add_numbers(digest, column.str.len_bytes())
        for start in range(0, len(column), _BLOCK):
            digest.update(column.slice(start, _BLOCK).str.join("").item().encode())
    else:
        _add_numbers(digest, column)
    return digest.hexdigest()


def _add_numbers(digest: "hashlib._Hash", column: pl.Series) -> None:
    """Add which values are null, and the values as 8 bytes each (microseconds for moments, -0.0 as 0.0)."""
    digest.update(column.is_null().to_numpy().tobytes())
    if column.dtype.is_float():
        digest.update((column.fill_null(0.0).to_numpy() + 0.0).astype(np.float64).tobytes())
    else:
        digest.update(column.to_physical().cast(pl.Int64).fill_null(0).to_numpy().tobytes())


def map_distinct(column: pl.Series, read: Callable[[str], Any], kind: pl.DataType | type[pl.DataType]) -> pl.Series:
    """Apply `read` to each distinct text of a column once; nulls stay null."""
    distinct = column.drop_nulls().unique()
    values = pl.Series([read(text) for text in distinct.to_list()], dtype=kind)
    return column.replace_strict(distinct, values, default=None, return_dtype=kind)

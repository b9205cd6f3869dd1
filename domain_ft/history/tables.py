"""A test execution history as three normalized tables: what every later stage reads, and nothing else.

Their columns, types and order are fixed here, so that the same content always has the same digest, whatever the
order in which it landed.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from domain_ft.errors import DomainFtError
from domain_ft.store.digests import sha256_json

VERDICTS = ("pass", "skipped", "blocked", "error", "fail")
"""From the least to the worst: of several verdicts of one test in one build the worst counts."""
MOMENT = pl.Datetime("us", "UTC")
BUILDS = pl.Schema(
    {
        "build_id": pl.String(),
        "scope": pl.String(),
        "started_at": MOMENT,
        "change_ids": pl.List(pl.String()),
        "change_text": pl.String(),
        "change_paths": pl.List(pl.String()),
    }
)
TESTS = pl.Schema({"test_id": pl.String(), "scope": pl.String(), "text": pl.String()})
RUNS = pl.Schema({"build_id": pl.String(), "test_id": pl.String(), "verdict": pl.String(), "duration_s": pl.Float64()})
_BLOCK = 1 << 16
_ORDER = {"builds": ["started_at", "build_id"], "tests": ["test_id"], "runs": ["build_id", "test_id"]}
_SCHEMAS = {"builds": BUILDS, "tests": TESTS, "runs": RUNS}


@dataclass(frozen=True)
class History:
    """The three tables, each in its canonical order; `builds` and `tests` have one row per id.

    builds: build_id, scope, started_at (UTC, microseconds), change_ids, change_text, change_paths.
    tests: test_id, scope, text. runs: build_id, test_id, verdict (one of `VERDICTS`), duration_s (seconds or null).
    """

    builds: pl.DataFrame
    tests: pl.DataFrame
    runs: pl.DataFrame

    def tables(self) -> dict[str, pl.DataFrame]:
        """The tables by name."""
        return {"builds": self.builds, "tests": self.tests, "runs": self.runs}

    def counts(self) -> dict[str, int]:
        """Rows per table."""
        return {name: table.height for name, table in self.tables().items()}

    def verdicts(self) -> dict[str, int]:
        """Runs per verdict, the absent ones left out."""
        return dict(sorted(self.runs["verdict"].value_counts().iter_rows()))


def empty_history() -> History:
    """A history of nothing."""
    return History(BUILDS.to_frame(), TESTS.to_frame(), RUNS.to_frame())


def canonical(history: History) -> History:
    """The same content with the columns, types and row order that the tables are kept in."""
    return History(
        **{
            name: table.select(pl.col(column).cast(kind) for column, kind in _SCHEMAS[name].items()).sort(_ORDER[name])
            for name, table in history.tables().items()
        }
    )


def write_history(folder: Path, history: History) -> None:
    """Write the tables as Parquet files into an existing folder."""
    for name, table in canonical(history).tables().items():
        table.write_parquet(folder / f"{name}.parquet", compression="zstd", statistics=True)


def read_history(folder: Path) -> History:
    """Read the tables of a published folder; a missing, damaged or foreign one is a DomainFtError."""
    return History(**{name: _read_table(folder / f"{name}.parquet", schema) for name, schema in _SCHEMAS.items()})


def _read_table(path: Path, schema: pl.Schema) -> pl.DataFrame:
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


def history_digest(history: History) -> str:
    """The hex sha256 of the content, the same whatever the order of the rows."""
    tables = canonical(history).tables()
    return sha256_json({name: {c: _column_digest(table[c]) for c in table.columns} for name, table in tables.items()})


def _column_digest(column: pl.Series) -> str:
    """sha256 over a column's values and their bounds, from plain buffers that no library version changes."""
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


def raw_sample(history: History, rows: int) -> pl.DataFrame:
    """The newest `rows` runs, joined with their build and test: what a person wants to see of a history.

    Columns: build, started, scope, test, text, verdict, duration_s, change.
    """
    builds = history.builds.select("build_id", "scope", "started_at", "change_text")
    return (
        history.runs.lazy()
        .join(builds.lazy(), on="build_id")
        .sort(["started_at", "build_id", "test_id"], descending=[True, True, False])
        .head(rows)
        .join(history.tests.lazy().select("test_id", "text"), on="test_id", maintain_order="left")
        .select(
            pl.col("build_id").alias("build"),
            pl.col("started_at").alias("started"),
            "scope",
            pl.col("test_id").alias("test"),
            "text",
            "verdict",
            "duration_s",
            pl.col("change_text").alias("change"),
        )
        .collect()
    )

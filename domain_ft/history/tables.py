"""A test execution history as three normalized tables: what every later stage reads, and nothing else.

Their columns, types and order are fixed here, so that the same content always has the same digest, whatever the
order in which it landed.
"""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from domain_ft.store.tables import read_table_of, tables_digest

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
    return History(**{name: read_table_of(folder / f"{name}.parquet", schema) for name, schema in _SCHEMAS.items()})


def history_digest(history: History) -> str:
    """The hex sha256 of the content, the same whatever the order of the rows."""
    return tables_digest(canonical(history).tables())


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

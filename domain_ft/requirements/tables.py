"""The one table of a domain of requirement records, as they landed: what every later stage reads, and nothing else."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from domain_ft.json_text import RefusedLineError, parse_object, plain_json
from domain_ft.requirements.lines import Line
from domain_ft.store.tables import canonical, ids_of_texts, read_table_of, tables_digest

REQUIREMENTS = pl.Schema(
    {
        "record_id": pl.String(),
        "concept_id": pl.String(),
        "concept": pl.String(),
        "requirements": pl.String(),
        "family": pl.String(),
        "domain": pl.String(),
        "synthetic": pl.String(),
    }
)
"""One row per record, by record_id: requirements is JSON, or the YAML text that was handed in; concept_id, family and
domain may be null, and so may synthetic (JSON), which says of a made-up record what made it."""
TABLE = "requirements"


def record_ids(rows: pl.DataFrame) -> pl.Series:
    """12 hex digits of what a record says: equal for records that differ in case and white space alone."""
    return ids_of_texts(rows, ["concept", "requirements"], "record_id")


def read_requirements_table(folder: Path) -> pl.DataFrame:
    """The records of a published folder."""
    return read_table_of(folder / f"{TABLE}.parquet", REQUIREMENTS)


def write_requirements_table(folder: Path, rows: pl.DataFrame) -> None:
    """Write the records into an existing folder."""
    canonical(rows, REQUIREMENTS).write_parquet(folder / f"{TABLE}.parquet", compression="zstd", statistics=True)


def requirements_digest(tables: Mapping[str, pl.DataFrame]) -> str:
    """The hex sha256 of the content, the same whatever the order of the rows."""
    return tables_digest({name: canonical(table, REQUIREMENTS) for name, table in tables.items()})


def lines_of_table(rows: pl.DataFrame) -> Iterator[Line]:
    """The records of a table as lines of a file, numbered in their order."""
    for number, row in enumerate(rows.iter_rows(named=True), 1):
        record = {name: value for name, value in row.items() if value is not None}
        for name in ("requirements", "synthetic"):
            record = {**record, name: _value(record[name])} if name in record else record
        yield Line(number, record, plain_json(record))


def _value(text: str) -> object:
    """A cell that is an object is one; any other is the text that it was."""
    try:
        return parse_object(text.encode()) if text.startswith("{") else text
    except RefusedLineError:
        return text

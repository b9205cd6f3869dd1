"""What every reader hands on, whatever the file: frames of text cells under our own names, and rows it cannot read.

A reader streams: a frame holds at most `BATCH_ROWS` rows, so that a file of any size passes through. The line and the
raw text of a row are looked up afterwards, and only for the few rows that are rejected.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from domain_ft.errors import InputError
from domain_ft.landing.limits import BATCH_BYTES
from domain_ft.landing.settings import RecordSource
from domain_ft.safe_text import brief

VIOLATIONS = pl.Schema({"row": pl.Int64(), "rule": pl.String(), "field": pl.String(), "value": pl.String()})
"""Rows that a rule refuses; `field` is our name of the cell."""
FOUND = pl.Schema(
    {
        "source_file": pl.String(),
        "line": pl.Int64(),
        "column": pl.String(),
        "rule": pl.String(),
        "value": pl.String(),
        "raw": pl.String(),
    }
)
"""Rejected rows as a reader finds them again: where they stand, which rule they break, what they say."""
BATCH_ROWS = 100_000
RAW_LIMIT = 10_000
"""Characters of a rejected row's raw text that are kept."""
VALUE_LIMIT = 200
_FOUND_ROWS = 20_000


class RowSource(Protocol):
    """A file (or a folder of reports) that is read row by row."""

    notes: list[str]
    """What a person should know about how the file was read."""

    @property
    def unreadable(self) -> int:
        """Rows of which no cells could be made; known once `batches` is through."""
        ...

    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames of the source's `batch_schema`; cells that the source does not have are null."""
        ...

    def rejected(self, violations: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The unreadable rows and those of `violations`, each once, as frames of the schema `FOUND`.

        `violations` has the schema `VIOLATIONS`, at most one line per row, and is sorted by row.
        """
        ...


def batch_schema(source: RecordSource) -> pl.Schema:
    """The schema of a reader's frames: `row`, its own number of the row, rising within a source, and the fields."""
    return pl.Schema({"row": pl.Int64(), **{name: pl.String() for name in source.fields}})


@dataclass(frozen=True)
class ColumnMatch:
    """Where each field stands in a file: field -> the source's own column name."""

    names: dict[str, str]
    notes: list[str] = field(default_factory=list)

    def column(self, name: str) -> str:
        """The source's name for a field (our own where it has none)."""
        return self.names.get(name, name)


def match_columns(path: Path, present: Sequence[str], source: RecordSource, hint: str = "") -> ColumnMatch:
    """Find the mapped columns among those present; a lacking one is an InputError.

    An optional column that the settings leave at its default may be absent (a note says so); one that they name
    differently must be there, for its name may be misspelt.
    """
    names, notes = {}, []
    defaults = type(source.columns)()
    for name in source.fields:
        column = getattr(source.columns, name)
        if column is None:
            continue
        if column in present:
            names[name] = column
        elif name in source.columns.required or column != getattr(defaults, name):
            raise InputError(_missing(path, name, column, present, source) + hint)
        else:
            notes.append(f"{path.name}: no column {column!r} (source.columns.{name}); read without it")
    twice = sorted({column for column in names.values() if list(present).count(column) > 1})
    if twice:
        raise InputError(f"{path}: column {twice[0]!r} occurs twice in the header; rename one of them")
    return ColumnMatch(names, notes)


def _missing(path: Path, name: str, column: str, present: Sequence[str], source: RecordSource) -> str:
    shown = ", ".join(repr(brief(found)) for found in present[:40]) + (", ..." if len(present) > 40 else "")
    meaning = type(source.columns).model_fields[name].description or name
    return (
        f"{path}: column {column!r} is missing ({name}: {meaning.rstrip('.')}); present are {shown or 'none'}; "
        f"name the right one under source.columns.{name} in the domain's YAML"
    )


def batch_rows(longest: int) -> int:
    """Rows of a frame whose longest row has so many bytes: `BATCH_ROWS`, or fewer, that memory does not fill."""
    return min(BATCH_ROWS, max(1, BATCH_BYTES // max(1, longest)))


class Finder:
    """Collects rejected rows into frames of a handy size."""

    def __init__(self, source_file: str) -> None:
        self._source_file = cut(source_file)
        self._rows: list[tuple[str, int | None, str | None, str, str | None, str]] = []

    def add(
        self, rule: str, *, line: int | None, column: str | None, value: str | None, raw: str, file: str | None = None
    ) -> None:
        """Take one rejected row."""
        self._rows.append((file or self._source_file, line, column, rule, value and cut(value, VALUE_LIMIT), cut(raw)))

    def full(self) -> bool:
        """Whether it is time to hand on a frame."""
        return len(self._rows) >= _FOUND_ROWS

    def frame(self) -> pl.DataFrame:
        """What was collected since the last frame."""
        rows, self._rows = self._rows, []
        return pl.DataFrame(rows, schema=FOUND, orient="row")


def cut(text: str, limit: int = RAW_LIMIT) -> str:
    """A text short enough to keep, with a mark where it was cut, and without halves of surrogate pairs."""
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return text.encode("utf-8", "replace").decode()

"""Parquet, read in batches; cells of any simple type become the text that the row rules expect."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from domain_ft.errors import InputError
from domain_ft.landing.rows import BATCH, BATCH_ROWS, FIELDS, Finder, match_columns
from domain_ft.landing.settings import SourceSettings


class ParquetSource:
    """A Parquet file; `row` is the number of the row from 1, and stands for the line in the quarantine."""

    unreadable = 0

    def __init__(self, path: Path, settings: SourceSettings) -> None:
        self._path = path
        with _reading(path):
            self._schema = pq.read_schema(path)
        self._match = match_columns(path, self._schema.names, settings)
        for column in self._match.names.values():
            if pa.types.is_struct(self._schema.field(column).type) or pa.types.is_map(self._schema.field(column).type):
                raise InputError(
                    f"{path}: column {column!r} is {self._schema.field(column).type}; make it text or a list"
                )
        self.notes = list(self._match.notes)
        self.verdicts = settings.verdicts

    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames of the schema `BATCH`."""
        start = 1
        with _reading(self._path):
            for frame in _batches(self._path, sorted(set(self._match.names.values()))):
                cells = [
                    _as_text(frame[self._match.names[name]]).alias(name)
                    if name in self._match.names
                    else pl.lit(None, dtype=pl.String).alias(name)
                    for name in FIELDS
                ]
                numbers = pl.int_range(start, start + frame.height, dtype=pl.Int64).alias("row")
                start += frame.height
                yield frame.select(numbers, *cells).select(list(BATCH))

    def rejected(self, violations: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The rows of `violations`; their raw text is the row's mapped cells as JSON."""
        finder = Finder(self._path.name)
        if violations.is_empty():
            return
        for batch in self.batches():
            for found in batch.join(violations, on="row", maintain_order="left").iter_rows(named=True):
                cells = {self._match.column(name): found[name] for name in FIELDS if found[name] is not None}
                finder.add(
                    found["rule"],
                    line=found["row"],
                    column=self._match.column(found["field"]),
                    value=found["value"],
                    raw=json.dumps(cells, ensure_ascii=False),
                )
            if finder.full():
                yield finder.frame()
        yield finder.frame()


def _batches(path: Path, columns: list[str]) -> Iterator[pl.DataFrame]:
    """The file's rows in frames of at most `BATCH_ROWS`; texts that are not UTF-8 raise `pyarrow.ArrowInvalid`."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(BATCH_ROWS, columns=columns):
            batch.validate(full=True)
            yield pl.DataFrame(pl.from_arrow(batch))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns what pyarrow says of a broken file into a sentence."""
    if not path.stat().st_size:
        raise InputError(f"{path}: is empty; hand in a file with rows")
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"{path}: not readable as Parquet: cut short, damaged or of another format ({reason}); "
            "write or transfer it again"
        ) from None


def _as_text(column: pl.Series) -> pl.Series:
    """A column's cells as text: lists as JSON, moments as ISO 8601 in UTC, the rest as polars writes it."""
    kind = column.dtype
    if isinstance(kind, pl.List | pl.Array):
        wrapped = column.cast(pl.List(pl.String)).to_frame("x").to_struct("s").struct.json_encode()
        text = wrapped.str.slice(5, wrapped.str.len_chars() - 6)
        return text.set(column.is_null(), None)
    if isinstance(kind, pl.Datetime):
        moment = column.dt.convert_time_zone("UTC") if kind.time_zone else column
        return moment.dt.cast_time_unit("us").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
    if kind == pl.Binary:
        return column.cast(pl.String, strict=False)
    return column.cast(pl.String)

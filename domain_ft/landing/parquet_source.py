"""Parquet, read in batches; cells of any simple type become the text that the row rules expect."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from domain_ft.errors import InputError
from domain_ft.landing.limits import CELL_BYTES
from domain_ft.landing.parquet_cells import Lengths, cell_lengths, is_readable, small_pieces, text_paths
from domain_ft.landing.rows import BATCH_ROWS, VALUE_LIMIT, Finder, batch_schema, match_columns
from domain_ft.landing.settings import RecordSource
from domain_ft.safe_text import brief

_YEAR_1, _YEAR_10000 = -62_135_596_800, 253_402_300_800
_INT64 = 2**63 - 1
_PER_SECOND = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass(frozen=True)
class _Part:
    """Some rows of the file: a frame of the source's schema, and rows with a cell that is too long to be one."""

    frame: pl.DataFrame
    refused: list["_Refused"]


@dataclass(frozen=True)
class _Refused:
    row: int
    column: str
    value: str
    raw: str


class ParquetSource:
    """A Parquet file; `row` is the number of the row from 1, and stands for the line in the quarantine."""

    def __init__(self, path: Path, settings: RecordSource) -> None:
        self._path = path
        with _reading(path):
            schema = pq.read_schema(path)
            names = schema.names
        self._match = match_columns(path, names, settings)
        for column in self._match.names.values():
            kind = schema.field(column).type
            if not is_readable(kind, lists=settings.takes_lists):
                others = ", a number, or a list of texts" if settings.takes_lists else " or a number"
                raise InputError(f"{path}: column {column!r} is {brief(str(kind))}; make it text{others}")
        self._schema = batch_schema(settings)
        self.notes = list(self._match.notes)
        self.unreadable = 0

    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames of the source's schema."""
        self.unreadable = 0
        for part in self._parts():
            self.unreadable += len(part.refused)
            if part.frame.height:
                yield part.frame

    def rejected(self, violations: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The refused rows and those of `violations`; their raw text is the row's mapped cells as JSON."""
        finder = Finder(self._path.name)
        if violations.is_empty() and not self.unreadable:
            return
        for part in self._parts():
            for refused in part.refused:
                column, value = refused.column, refused.value
                finder.add("cell_too_long", line=refused.row, column=column, value=value, raw=refused.raw)
            for found in part.frame.join(violations, on="row", maintain_order="left").iter_rows(named=True):
                cells = {
                    self._match.column(name): found[name]
                    for name in self._schema.names()[1:]
                    if found[name] is not None
                }
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

    def _parts(self) -> Iterator[_Part]:
        """The file's rows, at most `BATCH_ROWS` at once; texts that are not UTF-8 raise `pyarrow.ArrowInvalid`."""
        columns = sorted(set(self._match.names.values()))
        with _reading(self._path), pq.ParquetFile(self._path) as file:
            texts, rows = text_paths(file.schema, columns), file.metadata.num_rows
            start = 1
            with pq.ParquetFile(self._path, read_dictionary=texts) as file:
                for batch in file.iter_batches(BATCH_ROWS, columns=columns):
                    batch.validate(full=True)
                    yield from self._split(batch, start)
                    start += batch.num_rows
        if start != rows + 1:
            raise InputError(
                f"{self._path}: its footer speaks of {rows:,} rows, but there are {start - 1:,}; write the file again"
            )

    def _split(self, batch: pa.RecordBatch, start: int) -> Iterator[_Part]:
        """The rows of a batch whose cells can be kept, and beside them those with a cell that is too long."""
        lengths = [cell_lengths(column) for column in batch.columns]
        over = np.max(lengths, axis=0, initial=0) > CELL_BYTES
        numbers = np.arange(start, start + batch.num_rows)
        if over.any():
            refused = [_refused(batch, lengths, place, start) for place in np.flatnonzero(over).tolist()]
            yield _Part(self._schema.to_frame(), refused)
            batch, lengths, numbers = batch.filter(pa.array(~over)), [each[~over] for each in lengths], numbers[~over]
        done = 0
        for piece in small_pieces(batch, lengths):
            frame = pl.DataFrame(pl.from_arrow(piece))
            yield _Part(self._as_batch(frame, numbers[done : done + frame.height]), [])
            done += frame.height

    def _as_batch(self, frame: pl.DataFrame, numbers: npt.NDArray[np.int64]) -> pl.DataFrame:
        cells = [
            _as_text(frame[self._match.names[name]]).alias(name)
            if name in self._match.names
            else pl.lit(None, dtype=pl.String).alias(name)
            for name in self._schema.names()[1:]
        ]
        return frame.select(pl.Series("row", numbers, dtype=pl.Int64), *cells).select(self._schema.names())


def _refused(batch: pa.RecordBatch, lengths: list[Lengths], place: int, start: int) -> _Refused:
    sizes = {name: int(column[place]) for name, column in zip(batch.schema.names, lengths, strict=True)}
    column = max(sizes, key=lambda name: sizes[name])
    cells = {name: batch.column(name)[place].as_py() for name, size in sizes.items() if size <= CELL_BYTES}
    raw = json.dumps(cells, ensure_ascii=False, default=str)
    return _Refused(start + place, column, f"{sizes[column]:,} bytes", raw)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns what pyarrow says of a broken file into a sentence."""
    if not path.stat().st_size:
        raise InputError(f"{path}: is empty; hand in a file with rows")
    try:
        yield
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        reason = brief((str(error).strip() or type(error).__name__).splitlines()[0], VALUE_LIMIT)
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
        return _moments_as_text(column, _PER_SECOND[kind.time_unit])
    return column.cast(pl.String)


def _moments_as_text(column: pl.Series, per_second: int) -> pl.Series:
    """ISO 8601 for years that have four digits; others are no moments, and stay numbers with a word beside them."""
    numbers = column.to_physical()
    written = (numbers >= max(_YEAR_1 * per_second, -_INT64)) & (numbers < min(_YEAR_10000 * per_second, _INT64))
    moments = column.set(~written, None).dt.cast_time_unit("us").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
    return moments.fill_null("timestamp " + numbers.cast(pl.String))

"""The cells of a Parquet file before they are text: which types are read, and how long each cell would be.

Columns of text are read as dictionaries, for a file of a few KB can say the same megabyte in a million rows. Only
pieces that are known to be small enough are written out.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from domain_ft.landing.limits import BATCH_BYTES

Lengths = npt.NDArray[np.int64]
_SMALL = 32
"""Bytes that we take any cell for that is no text."""
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
_BYTES = (pa.types.is_binary, pa.types.is_large_binary)
_NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_decimal128, pa.types.is_null)
_MOMENTS = (pa.types.is_date, pa.types.is_time, pa.types.is_timestamp)
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


def is_readable(kind: pa.DataType, *, lists: bool) -> bool:
    """Whether cells of a type become text: simple values, and with `lists` also lists of texts or numbers, or truth."""
    kind = _unwrapped(kind)
    if not lists and _is_one_of(kind, (*_LISTS, pa.types.is_boolean)):
        return False
    if _is_one_of(kind, _LISTS):
        return _is_one_of(_unwrapped(kind.value_type), (*_TEXTS, *_NUMBERS))
    return _is_one_of(kind, (*_TEXTS, *_BYTES, *_NUMBERS, *_MOMENTS))


def text_paths(schema: pq.ParquetSchema, columns: list[str]) -> list[str]:
    """Where the texts of these columns lie in the file: `commit`, or `commit.list.element`."""
    leaves = [schema.column(number) for number in range(len(schema.names))]
    texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    return [path for path in texts if any(path == column or path.startswith(f"{column}.") for column in columns)]


def cell_lengths(array: pa.Array) -> Lengths:
    """About how many bytes each cell takes as text; of dictionaries and lists, too, without writing them out."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        known = cell_lengths(array.dictionary)
        places = pc.fill_null(array.indices, 0).to_numpy(zero_copy_only=False)
        return known[places] if len(known) else np.full(len(array), _SMALL, np.int64)
    if _is_one_of(kind, _LISTS):
        sums = np.concatenate([[0], np.cumsum(cell_lengths(array.flatten()))])
        counts = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
        stops = np.cumsum(counts)
        return np.asarray(sums[stops] - sums[stops - counts], np.int64)
    if pa.types.is_string_view(kind):
        return cell_lengths(array.cast(pa.large_string()))
    if _is_one_of(kind, (*_TEXTS, *_BYTES)):
        return np.asarray(pc.fill_null(pc.binary_length(array), 0).to_numpy(zero_copy_only=False), np.int64)
    return np.full(len(array), _SMALL, np.int64)


def small_pieces(batch: pa.RecordBatch, lengths: list[Lengths]) -> Iterator[pa.RecordBatch]:
    """The batch in pieces of bounded text, written out: no dictionaries, moments with a time zone in UTC."""
    piece = np.cumsum(np.sum(lengths, axis=0)) // BATCH_BYTES
    starts = [0, *(np.flatnonzero(np.diff(piece)) + 1).tolist(), batch.num_rows]
    for start, stop in pairwise(starts):
        columns = [_written_out(column) for column in batch.slice(start, stop - start).columns]
        yield pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _written_out(array: pa.Array) -> pa.Array:
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    kind = array.type
    if pa.types.is_timestamp(kind) and kind.tz:
        return array.cast(pa.timestamp(kind.unit, "UTC"))
    if _is_one_of(kind, _LISTS) and pa.types.is_dictionary(kind.value_type):
        return array.cast(pa.large_list(_text_type(kind.value_type.value_type)))
    if pa.types.is_dictionary(kind):
        return array.cast(_text_type(kind.value_type))
    return array.cast(_text_type(kind))


def _text_type(kind: pa.DataType) -> pa.DataType:
    """Binary cells are taken for UTF-8; where they are none, the file is refused."""
    return pa.large_string() if _is_one_of(kind, _BYTES) else kind


def _unwrapped(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_one_of(kind: pa.DataType, questions: tuple[Callable[[pa.DataType], bool], ...]) -> bool:
    return any(asks(kind) for asks in questions)

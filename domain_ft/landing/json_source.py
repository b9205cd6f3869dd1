"""JSON, plain or gzip: one object per line, or one array of objects."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from domain_ft.errors import InputError
from domain_ft.json_text import RefusedLineError, check_unicode, json_lines, parse_object, plain_json
from domain_ft.landing.json_array import array_elements
from domain_ft.landing.limits import BATCH_BYTES, JSON_KEYS
from domain_ft.landing.plain import plain_file
from domain_ft.landing.rows import BATCH_ROWS, ColumnMatch, Finder, batch_schema, match_columns
from domain_ft.landing.settings import RecordSource

_SAMPLE_ROWS = 1000


class JsonSource:
    """A JSON Lines file, or one array of objects; `row` is the number of the line, or the place in the array."""

    def __init__(self, path: Path, settings: RecordSource, work: Path) -> None:
        self._path = path
        self._plain = plain_file(path, work)
        self._is_array = path.name.casefold().endswith((".json", ".json.gz"))
        self._match = match_columns(path, _keys(path, self._records()), settings)
        self._refused: list[tuple[int, str, str | None, str | None]] = []
        self._takes_lists = settings.takes_lists
        self._schema = batch_schema(settings)
        self.notes = list(self._match.notes)

    @property
    def unreadable(self) -> int:
        """Lines that are not one plain JSON object."""
        return len(self._refused)

    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames of the source's schema."""
        rows: list[tuple[int | str | None, ...]] = []
        size, fields = 0, self._schema.names()[1:]
        for number, _, line in self._records():
            try:
                rows.append((number, *_cells(parse_object(line), self._match, fields, self._takes_lists)))
                size += len(line)
            except RefusedLineError as refusal:
                self._refused.append((number, refusal.rule, refusal.column, refusal.value))
            if len(rows) == BATCH_ROWS or size >= BATCH_BYTES:
                yield pl.DataFrame(rows, schema=self._schema, orient="row")
                rows, size = [], 0
        if rows:
            yield pl.DataFrame(rows, schema=self._schema, orient="row")

    def rejected(self, violations: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The refused lines and those of `violations`, in the order of the file."""
        finder = Finder(self._path.name)
        refused = {number: (rule, column, value) for number, rule, column, value in self._refused}
        broken = {row: (rule, self._match.column(name), value) for row, rule, name, value in violations.iter_rows()}
        for number, place, line in self._records() if refused or broken else ():
            found = refused.get(number) or broken.get(number)
            if found:
                rule, column, value = found
                raw = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
                finder.add(rule, line=place, column=column, value=value, raw=raw)
            if finder.full():
                yield finder.frame()
        yield finder.frame()

    def _records(self) -> Iterator[tuple[int, int, bytes]]:
        """Number, line and bytes of each record."""
        if not self._is_array:
            yield from ((line, line, record) for line, record in json_lines(self._plain))
            return
        for number, (line, record) in enumerate(array_elements(self._path, self._plain), 1):
            yield number, line, record


def _cells(row: dict[str, Any], match: ColumnMatch, fields: Sequence[str], takes_lists: bool) -> list[str | None]:
    return [
        _cell(row.get(match.names[name]), match.names[name], takes_lists) if name in match.names else None
        for name in fields
    ]


def _cell(value: Any, column: str, takes_lists: bool) -> str | None:
    """A value as text: lists and objects, where they may be, as JSON, true as `true`, 3.0 as `3`."""
    if value is None or isinstance(value, str):
        text = value
    elif isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        text = str(int(value))
    elif isinstance(value, list | dict | bool):
        text = plain_json(value)
        if not takes_lists:
            raise RefusedLineError("not_text", text, column)
    else:
        text = str(value)
    if text is not None:
        check_unicode(text)
    return text


def _keys(path: Path, records: Iterator[tuple[int, int, bytes]]) -> list[str]:
    """The keys of the first readable rows; a file without any is an InputError."""
    keys: dict[str, None] = {}
    refusals = []
    for read, (_, number, line) in enumerate(records):
        if keys and (read == _SAMPLE_ROWS or len(keys) > JSON_KEYS):
            break
        try:
            keys.update(dict.fromkeys(parse_object(line)))
        except RefusedLineError as refusal:
            refusals.append((number, refusal.rule))
    if not keys:
        first = f" (line {refusals[0][0]}: {refusals[0][1]})" if refusals else ""
        raise InputError(f"{path}: holds no row that is a JSON object{first}; write one object per line")
    return list(keys)

"""CSV, plain or gzip, of any size: duckdb makes the cells, and its rejects table says which rows it could not read.

The file is parsed twice, once for the rejects, which duckdb tells only of a whole answer, and once as a stream of
batches: cheaper than keeping the cells in between, in memory or on the disk.
"""

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import polars as pl

from domain_ft.errors import DomainFtError, InputError
from domain_ft.landing.csv_records import CsvRecords, csv_records, first_record
from domain_ft.landing.limits import COLUMNS, HEADER_BYTES
from domain_ft.landing.long_records import LongRecord, cut_long_records, has_endless_line
from domain_ft.landing.plain import plain_file, rewrite
from domain_ft.landing.rows import VALUE_LIMIT, Finder, batch_rows, batch_schema, match_columns
from domain_ft.landing.settings import RecordSource
from domain_ft.safe_text import brief

_HEAD = 1 << 20
_MEMORY = "600MB"
_MANY_LINES = 100
_SURE_BYTES = 8_000_000
"""In a file up to this size duckdb itself names a row that is too long; in a larger one it may take it apart."""
_LONG_RULES = ("row_too_long", "bad_quoting")
_AROUND = ' "'
_DELIMITERS = {";": "a semicolon", "\t": "a tab", "|": "a bar", ",": "a comma"}
_REFUSED = """
    WITH refused AS (
        SELECT line_byte_position AS start, min(byte_position) AS first,
        arg_min(error_type::VARCHAR, byte_position) AS kind, arg_min(column_name, byte_position) AS cell
        FROM reject_errors GROUP BY start
    )
    SELECT CASE kind WHEN 'UNQUOTED VALUE' THEN greatest(start, first) ELSE start END - 1 AS byte, kind, cell
    FROM refused ORDER BY byte
"""
"""duckdb counts bytes from 1; where text follows a quoted cell it may give the start of the row before."""
_RULES = {
    "MISSING COLUMNS": "too_few_cells",
    "TOO MANY COLUMNS": "too_many_cells",
    "INVALID ENCODING": "bad_utf8",
    "UNQUOTED VALUE": "bad_quoting",
    "LINE SIZE OVER MAXIMUM": "row_too_long",
}


class CsvSource:
    """A CSV file with a header."""

    def __init__(self, path: Path, settings: RecordSource, work: Path) -> None:
        self._path, self._work = path, work
        self._delimiter = "\t" if ".tsv" in path.suffixes[-2:] else settings.delimiter
        self._plain = _with_line_feeds(plain_file(path, work), work)
        self._header, self._blank_lines = _header(path, self._plain, self._delimiter)
        self._match = match_columns(path, self._header, settings, _hint(self._header, self._delimiter, settings))
        self._refused: list[tuple[int, str, str | None]] = []
        self._long: dict[int, LongRecord] = {}
        self._longest = self._readable = 0
        self._schema = batch_schema(settings)
        self.notes = list(self._match.notes)

    @property
    def unreadable(self) -> int:
        """Rows with too few or too many cells, an open quote, or bytes that are not UTF-8."""
        return len(self._refused)

    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames of the source's schema; `row` counts the readable rows from 0."""
        with closing(duckdb.connect()) as connection, _reading(self._path):
            connection.execute(
                f"SET memory_limit = '{_MEMORY}'; SET temp_directory = '{_quoted(self._work / 'spill')}'"
            )
            self._refused = self._find_refused(connection)
            fields = self._schema.names()[1:]
            place = {name: self._header.index(column) for name, column in self._match.names.items()}
            cells = (f"c{place[name]}" if name in place else "NULL::VARCHAR" for name in fields)
            named = ", ".join(f'{cell} AS "{name}"' for cell, name in zip(cells, fields, strict=True))
            row = 0
            answer = connection.sql(f"SELECT {named} FROM {self._table()}")
            for batch in answer.to_arrow_reader(batch_rows(self._longest)):
                frame = pl.DataFrame(pl.from_arrow(batch))
                yield frame.with_row_index("row", row).cast(self._schema)
                row += frame.height
            self._readable = row

    def _find_refused(self, connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str, str | None]]:
        """Byte, rule and column of each row that duckdb refuses, in order, once it reads a file that it can read."""
        if has_endless_line(self._plain):
            self._cut_long_records()
        try:
            refused = self._refused_by(connection)
        except duckdb.InvalidInputException:
            # Line ends of two kinds are the one thing that stops duckdb: try once more with one kind.
            self._plain = rewrite(self._plain, self._work / "one-line-end", _one_line_end)
            refused = self._refused_by(connection)
        unsure = self._plain.stat().st_size > _SURE_BYTES and any(rule in _LONG_RULES for _, rule, _ in refused)
        return self._refused_by(connection) if unsure and self._cut_long_records() else refused

    def _cut_long_records(self) -> bool:
        """Go on with a copy without the records over the limit; False where there are none (any more)."""
        copy = self._work / "without-long-records"
        found = {} if self._long else cut_long_records(self._plain, copy, self._delimiter)
        self._plain = copy if found else self._plain
        self._long.update(found)
        return bool(found)

    def _refused_by(self, connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str, str | None]]:
        """Byte, rule and column of each row that duckdb refuses, in order; every wanted cell is looked at."""
        places = sorted({self._header.index(column) for column in self._match.names.values()})
        connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
        row = " + ".join(f"coalesce(strlen(c{place}), 0)" for place in places)
        (answer,) = connection.execute(f"SELECT max({row}) FROM {self._table()}").fetchall()
        self._longest = answer[0] or 0
        refused = connection.execute(_REFUSED).fetchall()
        return [(byte, _RULES.get(kind, "not_readable"), self._named(column)) for byte, kind, column in refused]

    def _table(self) -> str:
        """The file as duckdb reads it: text cells c0, c1, ...; a link keeps odd names from being taken as patterns."""
        link = self._work / "source.csv"
        link.unlink(missing_ok=True)
        link.symlink_to(self._plain.absolute())
        columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(self._header)))
        return (
            f"read_csv('{_quoted(link)}', columns = {{{columns}}}, header = true, skip = {self._blank_lines}, "
            f"auto_detect = false, delim = '{_quoted(self._delimiter)}', quote = '\"', escape = '\"', "
            "strict_mode = true, null_padding = false, store_rejects = true, rejects_limit = 0)"
        )

    def _named(self, column: str | None) -> str | None:
        """The header's name for duckdb's `c3`; a surplus cell has none."""
        return self._header[int(column[1:])] if column else None

    def rejected(self, violations: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The refused rows and those of `violations`, in the order of the file."""
        finder = Finder(self._path.name)
        refused, broken = iter(self._refused), violations.iter_rows()
        next_refused, next_broken = next(refused, None), next(broken, None)
        if not next_refused and not next_broken:
            return
        row, start, stop = -2, 0, 0
        with csv_records(self._plain, self._delimiter) as records:
            for start, stop in records.spans():
                whole, end = True, records.content_end(start, stop)
                # duckdb names the line feed before a row that follows a carriage return, else the row's first byte.
                while next_refused and next_refused[0] < end:
                    self._add_refused(finder, next_refused, records, start, stop)
                    next_refused, whole = next(refused, None), False
                row += whole
                if whole and next_broken and next_broken[0] == row:
                    self._add_broken(finder, next_broken, records.line(start), _text(records.raw(start, stop)))
                    next_broken = next(broken, None)
                if finder.full():
                    yield finder.frame()
            while next_refused:
                self._add_refused(finder, next_refused, records, start, stop)
                next_refused = next(refused, None)
            while next_broken:
                self._add_broken(finder, next_broken, records.line(start), next_broken[3] or "")
                next_broken = next(broken, None)
        if row + 1 != self._readable:
            self.notes.append(
                f"{self._path.name}: text stands beside quoted text in one cell, and it is not clear where rows end; "
                "the lines of its rejected rows are near, not exact"
            )
        yield finder.frame()

    def _add_refused(
        self, finder: Finder, refused: tuple[int, str, str | None], records: CsvRecords, start: int, stop: int
    ) -> None:
        """Name a row that duckdb refused, and say what an open quote took with it: all up to the next quote."""
        (_, rule, column), line, lines = refused, records.line(start), records.lines(start, stop)
        raw = records.raw(start, stop)
        if long := self._long.get(line):
            raw, lines, column = long.raw, long.lines, None
            rule = "bad_quoting" if lines > 1 else "row_too_long"
        value = f"{lines} lines" if rule == "bad_quoting" and lines > 1 else None
        finder.add(rule, line=line, column=column, value=value, raw=_text(raw))
        if rule == "bad_quoting" and lines > _MANY_LINES:
            last = line + lines - 1
            self.notes.append(
                f"{self._path.name}, line {line}: a quote is not closed before line {last}; "
                "all lines up to there are one rejected row"
            )

    def _add_broken(self, finder: Finder, broken: tuple[int, str, str, str | None], line: int | None, raw: str) -> None:
        _, rule, name, value = broken
        finder.add(rule, line=line, column=self._match.column(name), value=value, raw=raw)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace").rstrip("\r\n")


def _quoted(value: object) -> str:
    return str(value).replace("'", "''")


def _one_line_end(block: bytes) -> bytes:
    return block.replace(b"\r\n", b"\n").replace(b"\r", b" ")


def _with_line_feeds(plain: Path, work: Path) -> Path:
    """The file itself, or a copy of it where lines end in carriage returns alone."""
    with plain.open("rb") as file:
        head = file.read(_HEAD)
    if b"\n" in head or b"\r" not in head:
        return plain
    return rewrite(plain, work / "lines", lambda block: block.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns what duckdb says of a file that stops it into a sentence."""
    try:
        yield
    except duckdb.IOException as error:
        raise DomainFtError(f"{path}: {_first_line(error)}; mend that, then ingest the file again") from None
    except duckdb.Error as error:
        reason = _first_line(error)
        raise InputError(f"{path}: not readable as CSV ({reason}); correct the file, or write it again") from None


def _first_line(error: duckdb.Error) -> str:
    return brief((str(error).splitlines() or [type(error).__name__])[0], VALUE_LIMIT)


def _header(path: Path, plain: Path, delimiter: str) -> tuple[list[str], int]:
    """The names of the columns, and how many blank lines stand before them."""
    found = first_record(plain, delimiter)
    if found is None:
        with plain.open("rb") as file:
            blank = not file.read(HEADER_BYTES).strip()
        if blank and plain.stat().st_size <= HEADER_BYTES:
            raise InputError(f"{path}: is empty; hand in a file with a header and rows")
        raise InputError(
            f"{path}: line 1: the header takes more than {HEADER_BYTES:,} bytes; hand in a CSV file whose first line "
            "names the columns"
        )
    first, line = found
    if not first.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError(f"{path}: is empty; hand in a file with a header and rows")
    if b"\0" in first:
        raise InputError(f"{path}: is not UTF-8 text (its first line holds NUL bytes); save it as UTF-8 CSV")
    try:
        names = _split(first.decode("utf-8-sig"), delimiter)
    except UnicodeDecodeError:
        raise InputError(f"{path}: line {line}: the header is not UTF-8; save the file as UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path}: line {line}: the header is not CSV ({error}); save the file again") from None
    if len(names) > COLUMNS:
        raise InputError(f"{path}: line {line}: has {len(names):,} columns; leave out all but the mapped ones")
    return names, line - 1


def _split(header: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([header.strip("\r\n")], delimiter=delimiter), [])]


def _hint(header: Sequence[str], delimiter: str, settings: RecordSource) -> str:
    """What to say, should columns be missing, about a delimiter that finds more of them."""
    line = delimiter.join(header)
    wanted = {column for name in settings.columns.required if (column := getattr(settings.columns, name))}

    def found(by: str) -> int:
        return len(wanted & {cell.strip(_AROUND) for cell in line.split(by)})

    best = max(_DELIMITERS, key=lambda by: (found(by), line.count(by)))
    if best == delimiter or (not found(best) and delimiter in line) or best not in line:
        return ""
    return f"; its columns seem to be separated by {_DELIMITERS[best]}: set source.delimiter to {best!r}"

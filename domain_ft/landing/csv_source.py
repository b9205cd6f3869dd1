"""CSV, plain or gzip, of any size: duckdb makes the cells, and its rejects table says which rows it could not read.

The file is parsed twice, once for the rejects, which duckdb tells only of a whole answer, and once as a stream of
batches: cheaper than keeping the cells in between, in memory or on the disk.
"""

import codecs
import csv
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl

from domain_ft.errors import InputError
from domain_ft.landing.csv_records import CsvRecords, csv_records
from domain_ft.landing.plain import plain_file, rewrite
from domain_ft.landing.rows import BATCH, BATCH_ROWS, FIELDS, REQUIRED, Finder, match_columns
from domain_ft.landing.settings import SourceSettings

_HEAD = 1 << 20
_MEMORY = "600MB"
_MANY_LINES = 100
_DELIMITERS = {";": "a semicolon", "\t": "a tab", "|": "a bar", ",": "a comma"}
_RULES = {
    "MISSING COLUMNS": "too_few_cells",
    "TOO MANY COLUMNS": "too_many_cells",
    "INVALID ENCODING": "bad_utf8",
    "UNQUOTED VALUE": "bad_quoting",
    "LINE SIZE OVER MAXIMUM": "row_too_long",
}


class CsvSource:
    """A CSV file with a header."""

    def __init__(self, path: Path, settings: SourceSettings, work: Path) -> None:
        self._path, self._work = path, work
        self._delimiter = "\t" if ".tsv" in path.suffixes[-2:] else settings.delimiter
        self._plain = _with_line_feeds(plain_file(path, work), work)
        self._header = _header(path, self._plain, self._delimiter)
        self._match = match_columns(path, self._header, settings, _hint(path, self._plain, self._delimiter, settings))
        self._refused: list[tuple[int, str, str | None]] = []
        self.notes = list(self._match.notes)
        self.verdicts = settings.verdicts

    @property
    def unreadable(self) -> int:
        """Rows with too few or too many cells, an open quote, or bytes that are not UTF-8."""
        return len(self._refused)

    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames of the schema `BATCH`; `row` counts the readable rows from 0."""
        with closing(duckdb.connect()) as connection:
            connection.execute(
                f"SET memory_limit = '{_MEMORY}'; SET temp_directory = '{_quoted(self._work / 'spill')}'"
            )
            try:
                self._refused = self._find_refused(connection)
            except duckdb.InvalidInputException:
                # Line ends of two kinds are the one thing that stops duckdb: try once more with one kind.
                self._plain = rewrite(self._plain, self._work / "one-line-end", _one_line_end)
                try:
                    self._refused = self._find_refused(connection)
                except duckdb.InvalidInputException as error:
                    reason = str(error).splitlines()[0]
                    raise InputError(f"{self._path}: not readable as CSV ({reason})") from None
            place = {name: self._header.index(column) for name, column in self._match.names.items()}
            cells = (f"c{place[name]}" if name in place else "NULL::VARCHAR" for name in FIELDS)
            named = ", ".join(f"{cell} AS {name}" for cell, name in zip(cells, FIELDS, strict=True))
            row = 0
            for batch in connection.sql(f"SELECT {named} FROM {self._table()}").to_arrow_reader(BATCH_ROWS):
                frame = pl.DataFrame(pl.from_arrow(batch))
                yield frame.with_row_index("row", row).cast(BATCH)
                row += frame.height

    def _find_refused(self, connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str, str | None]]:
        """Byte, rule and column of each row that duckdb refuses, in order; every wanted cell is looked at."""
        places = sorted({self._header.index(column) for column in self._match.names.values()})
        connection.execute(
            f"SELECT {', '.join(f'sum(strlen(c{place}))' for place in places)} FROM {self._table()}"
        ).fetchall()
        refused = connection.execute(
            """SELECT line_byte_position, arg_min(error_type::VARCHAR, byte_position),
            arg_min(column_name, byte_position) FROM reject_errors GROUP BY 1 ORDER BY 1"""
        ).fetchall()
        return [(byte, _RULES.get(kind, "not_readable"), self._named(column)) for byte, kind, column in refused]

    def _table(self) -> str:
        """The file as duckdb reads it: text cells c0, c1, ...; a link keeps odd names from being taken as patterns."""
        link = self._work / "source.csv"
        link.unlink(missing_ok=True)
        link.symlink_to(self._plain.absolute())
        columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(self._header)))
        return (
            f"read_csv('{_quoted(link)}', columns = {{{columns}}}, header = true, auto_detect = false, "
            f"delim = '{_quoted(self._delimiter)}', quote = '\"', escape = '\"', strict_mode = true, "
            "null_padding = false, store_rejects = true, rejects_limit = 0)"
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
        row = -2
        with csv_records(self._plain, self._delimiter) as records:
            for start, stop in records.spans():
                whole = True
                while next_refused and next_refused[0] < stop:
                    self._add_refused(finder, next_refused, records, start, stop)
                    next_refused, whole = next(refused, None), False
                row += whole
                if whole and next_broken and next_broken[0] == row:
                    self._add_broken(finder, next_broken, records.line(start), _text(records.raw(start, stop)))
                    next_broken = next(broken, None)
                if finder.full():
                    yield finder.frame()
        while next_broken:
            self._add_broken(finder, next_broken, None, next_broken[3] or "")
            next_broken = next(broken, None)
        yield finder.frame()

    def _add_refused(
        self, finder: Finder, refused: tuple[int, str, str | None], records: CsvRecords, start: int, stop: int
    ) -> None:
        """Name a row that duckdb refused, and say what an open quote took with it: all up to the next quote."""
        (_, rule, column), line, lines = refused, records.line(start), records.lines(start, stop)
        value = f"{lines} lines" if rule == "bad_quoting" and lines > 1 else None
        finder.add(rule, line=line, column=column, value=value, raw=_text(records.raw(start, stop)))
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


def _header(path: Path, plain: Path, delimiter: str) -> list[str]:
    with csv_records(plain, delimiter) as records:
        start, stop = next(records.spans(), (0, 0))
        first, line = records.raw(start, stop), records.line(start)
    if not first.removeprefix(codecs.BOM_UTF8).strip():
        raise InputError(f"{path}: is empty; hand in a file with a header and rows")
    if b"\0" in first:
        raise InputError(f"{path}: is not UTF-8 text (its first line holds NUL bytes); save it as UTF-8 CSV")
    try:
        text = first.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path}: line {line}: the header is not UTF-8; save the file as UTF-8") from None
    return _split(text, delimiter)


def _split(header: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([header.strip("\r\n")], delimiter=delimiter), [])]


def _hint(path: Path, plain: Path, delimiter: str, settings: SourceSettings) -> str:
    """What to say, should columns be missing, about a delimiter that finds more of them."""
    with plain.open("rb") as file:
        header = file.readline(_HEAD).decode("utf-8-sig", "replace")

    def found(by: str) -> int:
        return len({getattr(settings.columns, name) for name in REQUIRED} & set(_split(header, by)))

    best = max(_DELIMITERS, key=lambda by: (found(by), header.count(by)))
    if best == delimiter or (not found(best) and delimiter in header) or best not in header:
        return ""
    return f"; its columns seem to be separated by {_DELIMITERS[best]}: set source.delimiter to {best!r}"

"""A test execution history as a CSV file in a domain's own column names: whoever makes one writes it here.

The file is written beside its place and renamed, so that neither a sensor nor a person meets half of it.
"""

import csv
import gzip
import io
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from domain_ft.errors import InputError

COLUMNS: Mapping[str, str] = {
    "build": "Build_ID", "started": "Build_Test_Start_Date", "scope": "TP_Key", "test": "TC_Key",
    "summary": "TE_Summary", "steps": "TC_Steps", "verdict": "TE_Test_Result", "change": "commit",
    "component": "CR_Component_Name", "duration": "Duration_s",
}  # fmt: skip
"""What a column says -> its name in the original data (which has no durations); in the order of the file."""
VERDICT_WORDS: Mapping[str, str] = {
    "pass": "Pass", "fail": "Fail", "error": "Error", "skipped": "Skipped", "blocked": "Blocked"
}  # fmt: skip
"""Our verdicts in words that every source of histories understands."""


def check_history_file(path: Path, what: str) -> None:
    """Raise InputError where a path cannot be that of a history; `what` is written there, as "a sample"."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file such as {path / 'history.csv.gz'}")
    if not path.name.casefold().endswith((".csv", ".csv.gz")):
        raise InputError(f"{path}: {what} is written as CSV; let its name end in .csv or .csv.gz")


def check_duration_unit(unit: str, what: str) -> None:
    """Raise InputError where a domain would read the durations of `what`, as "a sample", in another unit."""
    if unit != "s":
        raise InputError(f"source.duration_unit: is {unit}, and {what} is written in seconds; set it to s")


def write_history_file(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], *, names: Mapping[str, str], delimiter: str
) -> int:
    """Write rows of text in the order of `columns`, compressed where the name ends in `.gz`; returns how many.

    `names` are a domain's own names of the columns, where they are not the usual ones. Equal rows give equal bytes.
    Raises InputError where the file cannot be written.
    """
    beside, written = path.with_name(f".{uuid.uuid4().hex[:8]}-{path.name}"), 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _text(beside) as file:
            writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
            writer.writerow(names.get(column, COLUMNS.get(column, column)) for column in columns)
            for row in rows:
                writer.writerow(row)
                written += 1
        beside.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); choose another place") from None
    finally:
        beside.unlink(missing_ok=True)
    return written


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """A file to write text to; the compressed form carries neither name nor time."""
    if path.suffix.casefold() != ".gz":
        with path.open("w", encoding="utf-8", newline="") as plain:
            yield plain
        return
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        yield text

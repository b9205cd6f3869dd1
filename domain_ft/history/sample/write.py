"""A sample history as a file, in the column names of the original data, with broken rows where they are asked for."""

import csv
import gzip
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from domain_ft.errors import InputError
from domain_ft.history.sample.dice import Dice
from domain_ft.history.sample.generate import SampleHistory, sample_history
from domain_ft.history.sample.product import PRODUCT

COLUMNS: Mapping[str, str] = {
    "build": "Build_ID", "started": "Build_Test_Start_Date", "scope": "TP_Key", "test": "TC_Key",
    "summary": "TE_Summary", "steps": "TC_Steps", "verdict": "TE_Test_Result", "change": "commit",
    "component": "CR_Component_Name",
}  # fmt: skip
"""What a column says -> its name in the original data; in the order of the file."""
VERDICTS = ("Pass", "Fail", "Error", "Skipped", "Blocked")
"""The words for the verdict numbers of `timeline`."""


@dataclass(frozen=True)
class SampleResult:
    """What was written; `rows` counts the broken ones too."""

    path: Path
    rows: int
    builds: int
    tests: int

    def as_json(self) -> dict[str, str | int]:
        """The keys that the command line prints."""
        return {"path": str(self.path), "rows": self.rows, "builds": self.builds, "tests": self.tests}


def write_sample(
    out: Path,
    *,
    builds: int,
    tests: int,
    seed: int,
    signal: float,
    broken_rows: int = 0,
    names: Mapping[str, str] = COLUMNS,
    delimiter: str = ",",
) -> SampleResult:
    """Write a sample history as CSV, compressed where the name ends in `.gz`; equal arguments give equal bytes.

    `broken_rows` rows that ingest has to reject are added in between; `names` are a domain's own names of the
    columns, where they are not the usual ones. Raises InputError on impossible arguments or where the file cannot be
    written.
    """
    if broken_rows < 0:
        raise InputError(f"broken rows {broken_rows}: must not be negative")
    if out.is_dir():
        raise InputError(f"{out}: is a folder; name a file such as {out / 'sample.csv.gz'}")
    if not out.name.casefold().endswith((".csv", ".csv.gz")):
        raise InputError(f"{out}: a sample is written as CSV; let its name end in .csv or .csv.gz")
    history = sample_history(builds=builds, tests=tests, seed=seed, signal=signal)
    whole = sum(len(build.tests) for build in history.builds)
    dice = Dice(seed, "broken rows")
    places = sorted(dice.below(whole) for _ in range(broken_rows)) if whole else []
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _text(out) as file:
            writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
            writer.writerow(names.get(column, usual) for column, usual in COLUMNS.items())
            writer.writerows(_with_broken(sample_rows(history), places))
    except OSError as error:
        raise InputError(f"{out}: cannot be written ({error.strerror}); choose another place") from None
    return SampleResult(out, whole + len(places), builds, tests)


def sample_rows(history: SampleHistory) -> Iterator[list[str]]:
    """The runs as rows of text, in the order of `COLUMNS`."""
    for build in history.builds:
        started = build.started_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        change, paths = str(list(build.commits)), str(list(build.paths))
        for number, verdict in zip(build.tests.tolist(), build.verdicts.tolist(), strict=True):
            test = history.tests[number]
            yield [
                build.build_id, started, PRODUCT, test.test_id, test.summary, test.steps, VERDICTS[verdict], change,
                paths,
            ]  # fmt: skip


def _with_broken(rows: Iterator[list[str]], places: list[int]) -> Iterator[list[str]]:
    waiting = places[::-1]
    for number, row in enumerate(rows):
        while waiting and waiting[-1] == number:
            waiting.pop()
            yield spoiled(row, len(waiting))
        yield row


def spoiled(row: list[str], manner: int) -> list[str]:
    """The row with one fault, of seven manners by turns; no reader can make a run of it."""
    place = {column: number for number, column in enumerate(COLUMNS)}
    build, started = place["build"], place["started"]
    faults = (
        (place["verdict"], "perhaps"),
        (started, "31st of never"),
        (build, ""),
        (place["test"], ""),
        (place["verdict"], ""),
    )
    kind = manner % (len(faults) + 2)
    if kind == len(faults):
        return row[:4]
    if kind == len(faults) + 1:
        return [*row, "one", "too many"]
    column, value = faults[kind]
    return [*row[:column], value, *row[column + 1 :]]


@contextmanager
def _text(path: Path) -> Iterator[TextIO]:
    """A file to write text to; the compressed form carries neither name nor time."""
    if path.suffix != ".gz":
        with path.open("w", encoding="utf-8", newline="") as plain:
            yield plain
        return
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="") as text,
    ):
        yield text

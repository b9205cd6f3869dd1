"""A sample history as a file, in the column names of the original data, with broken rows where they are asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.history.csv_file import COLUMNS, VERDICT_WORDS, check_history_file, write_history_file
from domain_ft.history.sample.dice import Dice
from domain_ft.history.sample.generate import SampleHistory, sample_history
from domain_ft.history.sample.product import PRODUCT

SHORTEST_S, LONGEST_S = 0.2, 60.0
"""Between these the tests' usual durations lie: most are short."""
VERDICTS = tuple(VERDICT_WORDS.values())
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
    check_history_file(out, "a sample")
    history = sample_history(builds=builds, tests=tests, seed=seed, signal=signal)
    whole = sum(len(build.tests) for build in history.builds)
    dice = Dice(seed, "broken rows")
    places = sorted(dice.below(whole) for _ in range(broken_rows)) if whole else []
    rows = _with_broken(sample_rows(history, seed), places)
    written = write_history_file(out, tuple(COLUMNS), rows, names=names, delimiter=delimiter)
    return SampleResult(out, written, builds, tests)


def sample_rows(history: SampleHistory, seed: int) -> Iterator[list[str]]:
    """The runs as rows of text, in the order of `COLUMNS`."""
    dice = Dice(seed, "durations")
    usual = [SHORTEST_S * (LONGEST_S / SHORTEST_S) ** share for share in dice.uniforms(len(history.tests)).tolist()]
    for build in history.builds:
        started = build.started_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        change, paths = str(list(build.commits)), str(list(build.paths))
        slower = (0.9 + 0.2 * dice.uniforms(len(build.tests))).tolist()
        for number, verdict, factor in zip(build.tests.tolist(), build.verdicts.tolist(), slower, strict=True):
            test = history.tests[number]
            yield [
                build.build_id, started, PRODUCT, test.test_id, test.summary, test.steps, VERDICTS[verdict], change,
                paths, f"{usual[number] * factor:.2f}",
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

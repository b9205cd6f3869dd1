"""JUnit reports, joined with the git log: a build is the report's property or its commit, a change is that commit.

A report that says itself what changed is believed; git is asked about the others. A report is one file, a history is
many: a folder of them is one source, and a report in it that cannot be read is one rejected row, not the end of all.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from domain_ft.errors import InputError
from domain_ft.landing.folder import report_files
from domain_ft.landing.git_log import Commit, read_commits
from domain_ft.landing.junit_report import CHANGE_PROPERTY, PATHS_PROPERTY, Case, ReportError, read_report
from domain_ft.landing.quarantine import ADVICE
from domain_ft.landing.rows import Finder, batch_rows, batch_schema
from domain_ft.landing.settings import SourceSettings
from domain_ft.landing.told_test import told_test
from domain_ft.landing.values import parse_moment

_HASH = re.compile(r"[0-9a-f]{7,64}", re.ASCII)


@dataclass(frozen=True)
class _Row:
    """A case with its report and what it belongs to."""

    file: str
    case: Case
    build: str | None
    commit: str | None

    @property
    def told(self) -> str | None:
        """The change's text, where the report itself has it."""
        return self.case.properties.get(CHANGE_PROPERTY)


class JunitSource:
    """A JUnit report or a folder of them; `row` counts the cases."""

    def __init__(self, path: Path, settings: SourceSettings) -> None:
        self._path, self._settings = path, settings
        self._wanted = (settings.build_property, settings.commit_property, CHANGE_PROPERTY, PATHS_PROPERTY)
        self._finder = Finder(path.name)
        self._rows: list[_Row] = []
        self.unreadable = 0
        self._schema = batch_schema(settings)
        self.notes: list[str] = []

    def batches(self) -> Iterator[pl.DataFrame]:
        """Frames of the source's schema."""
        rows = [row for file in report_files(self._path) for row in self._read(file)]
        commits = self._commits({row.commit for row in rows if row.commit and row.told is None}, rows)
        for row in rows:
            if not row.build or not (row.commit or row.told):
                self._refuse(row, "commit_missing", None)
            elif row.told is None and row.commit not in commits:
                self._refuse(row, "commit_unknown", row.commit)
            else:
                self._rows.append(row)
        starts = _starts(self._rows)
        changes = {name: _change(commit) for name, commit in commits.items()}
        told = {name: self._told(row) for name, row in {_naming(row): row for row in self._rows if row.told}.items()}
        longest = (sum(map(len, change.values())) for change in (*changes.values(), *told.values()))
        step = batch_rows(max(longest, default=0))
        for first in range(0, len(self._rows), step):
            numbered = enumerate(self._rows[first : first + step], first)
            cells = [
                self._cells(number, row, told[_naming(row)] if row.told else changes[row.commit or ""], starts)
                for number, row in numbered
            ]
            yield pl.DataFrame(cells, schema=self._schema, orient="row")

    def _commits(self, names: set[str], rows: list[_Row]) -> dict[str, Commit]:
        """The commits of those reports that do not say themselves what changed; InputError where none can be asked."""
        if all(row.told for row in rows):
            return {}
        if self._settings.repository is None:
            raise InputError(
                f"{self._path}: JUnit reports do not say what changed; name the git repository under source.repository"
            )
        return read_commits(Path(self._settings.repository).expanduser(), names)

    def _told(self, row: _Row) -> dict[str, str]:
        """The cells that say what a report itself tells of its change."""
        commit = row.case.properties.get(self._settings.commit_property)
        return {
            "change": json.dumps([row.told], ensure_ascii=False),
            "component": row.case.properties.get(PATHS_PROPERTY, ""),
            "change_id": json.dumps([commit] if commit else []),
        }

    def _cells(
        self, number: int, row: _Row, change: dict[str, str], starts: dict[str, str]
    ) -> tuple[int | str | None, ...]:
        case = row.case
        test = f"{case.group}.{case.name}" if case.group and case.name else case.name
        cells = {
            "build": row.build,
            "test": test,
            **_told_test(row),
            "verdict": case.verdict,
            "duration": _in_unit(case.seconds, self._settings.durations_per_second),
            **change,
            "started": starts.get(row.build or "", change.get("started")),
        }
        return number, *(cells.get(name) for name in self._schema.names()[1:])

    def _read(self, file: Path) -> list[_Row]:
        name = file.name if file == self._path else file.relative_to(self._path.parent).as_posix()
        try:
            cases = read_report(file, self._wanted)
        except ReportError as error:
            if file == self._path:
                line = f":{error.line}" if error.line else ""
                raise InputError(f"{file}{line}: {error.what}; {ADVICE[error.rule]}") from None
            self._finder.add(error.rule, line=error.line, column=None, value=None, raw=error.what, file=name)
            self.unreadable += 1
            return []
        stated = next((part for part in (file.stem, file.parent.name) if _HASH.fullmatch(part)), None)
        rows = []
        for case in cases:
            build = case.properties.get(self._settings.build_property)
            commit = case.properties.get(self._settings.commit_property)
            rows.append(_Row(name, case, build or commit or stated, commit or build or stated))
        return rows

    def _refuse(self, row: _Row, rule: str, value: str | None) -> None:
        column = self._settings.commit_property
        self._finder.add(rule, line=row.case.line, column=column, value=value, raw=_raw(row), file=row.file)
        self.unreadable += 1

    def rejected(self, violations: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Unreadable reports, cases without a known commit, and the cases of `violations`."""
        for number, rule, column, value in violations.iter_rows():
            row = self._rows[number]
            self._finder.add(rule, line=row.case.line, column=column, value=value, raw=_raw(row), file=row.file)
        yield self._finder.frame()


def _in_unit(seconds: str | None, per_second: int) -> str | None:
    """A report's seconds in the unit that all durations of the source are read in; what is no number stays as it is."""
    try:
        return seconds if seconds is None or per_second == 1 else repr(float(seconds) * per_second)
    except ValueError:
        return seconds


def _starts(rows: list[_Row]) -> dict[str, str]:
    """When each build's tests started: the earliest of its reports' readable timestamps."""
    starts: dict[str, str] = {}
    for row in rows:
        moment = parse_moment(row.case.timestamp) if row.case.timestamp else None
        if moment and row.build:
            starts[row.build] = min(starts.get(row.build, "9999"), moment.isoformat())
    return starts


def _naming(row: _Row) -> tuple[str | None, ...]:
    """What rows have in common whose reports tell the same of their change."""
    return row.told, row.case.properties.get(PATHS_PROPERTY), row.commit


def _change(commit: Commit) -> dict[str, str]:
    """The cells that say what a commit is."""
    return {
        "started": commit.committed,
        "change": json.dumps([commit.message], ensure_ascii=False),
        "component": json.dumps(commit.paths, ensure_ascii=False),
        "change_id": json.dumps([commit.sha]),
    }


def _told_test(row: _Row) -> dict[str, str | None]:
    """The cells that say what a test does; of a report that the pytest plugin wrote, as a recording tells it."""
    case = row.case
    if row.told and case.name:
        return {"summary": told_test(case.group or "", case.name), "steps": case.text}
    return {"summary": case.name, "steps": "\n".join(part for part in (case.text, case.group) if part) or None}


def _raw(row: _Row) -> str:
    case = row.case
    return json.dumps({"classname": case.group, "name": case.name, "time": case.seconds}, ensure_ascii=False)

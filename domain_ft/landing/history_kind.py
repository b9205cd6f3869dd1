"""The rows of a test execution history: three tables, builds, tests and runs."""

from pathlib import Path
from typing import Any, cast

import polars as pl

from domain_ft.history.normalize import normalize
from domain_ft.history.tables import History, empty_history, history_digest, read_history, write_history
from domain_ft.landing.kinds import CONFLICTS, Checked, RecordKind, Settled, Tables
from domain_ft.landing.observed import ObservationLog
from domain_ft.landing.rules import check_rows
from domain_ft.landing.settings import RecordSource, SourceSettings


class _HistoryCollector:
    """Gathers runs, and says what they come to."""

    def __init__(self) -> None:
        self._log = ObservationLog()

    def add(self, accepted: pl.DataFrame, source: int) -> None:
        self._log.add(accepted, source)

    def settle(self, earlier: Tables) -> Settled:
        settled = normalize(self._log.observations(), History(**earlier))
        conflicts = settled.conflicts.select(
            "source",
            "row",
            pl.lit("scope_conflict").alias("rule"),
            pl.col("field").str.strip_suffix("_id"),
            "value",
        ).cast(CONFLICTS)
        return Settled(settled.history.tables(), settled.counts, conflicts, settled.notes)


def _check(batch: pl.DataFrame, source: RecordSource) -> Checked:
    settings = cast(SourceSettings, source)
    return check_rows(
        batch,
        settings.verdicts,
        settings.scope_name,
        numbered=settings.columns.started is None,
        durations_per_second=settings.durations_per_second,
    )


def _describe(tables: Tables, source: RecordSource) -> dict[str, Any]:
    return {"verdicts": History(**tables).verdicts()}


def _read(folder: Path) -> Tables:
    return read_history(folder).tables()


def _write(folder: Path, tables: Tables) -> None:
    write_history(folder, History(**tables))


HISTORY = RecordKind(
    name="history",
    rows="runs",
    check=_check,
    collect=_HistoryCollector,
    empty=lambda: empty_history().tables(),
    read=_read,
    write=_write,
    digest=lambda tables: history_digest(History(**tables)),
    describe=_describe,
)

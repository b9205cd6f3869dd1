"""What the rows of a format become: the rules for a row, the tables they are merged into, and how those are kept.

Reading, quarantine, publishing and counting are the same for every format; a `RecordKind` says the rest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import polars as pl

from domain_ft.landing.settings import RecordSource

Tables: TypeAlias = Mapping[str, pl.DataFrame]
"""Normalized tables by name."""
COUNTS = pl.Schema({"source": pl.UInt32(), "accepted": pl.Int64(), "duplicates": pl.Int64(), "conflicting": pl.Int64()})
CONFLICTS = pl.Schema(
    {"source": pl.UInt32(), "row": pl.Int64(), "rule": pl.String(), "field": pl.String(), "value": pl.String()}
)


@dataclass(frozen=True)
class Checked:
    """A frame's rows after the rules: those accepted, as the kind's collector takes them, and the others as
    `VIOLATIONS`. Each row is in exactly one of them."""

    accepted: pl.DataFrame
    violations: pl.DataFrame


@dataclass(frozen=True)
class Settled:
    """All accepted rows of an ingest, merged with what was there.

    counts (schema `COUNTS`): per source the rows that are new, those that repeat another, and those of them that
    contradict it. conflicts (schema `CONFLICTS`): rows left out because of other rows.
    """

    tables: Tables
    counts: pl.DataFrame
    conflicts: pl.DataFrame
    notes: tuple[str, ...]


class Collector(Protocol):
    """Gathers the accepted rows of one ingest."""

    def add(self, accepted: pl.DataFrame, source: int) -> None:
        """Take the accepted rows of a batch of the source with this number."""
        ...

    def settle(self, earlier: Tables) -> Settled:
        """Everything that was added, merged with the tables there are."""
        ...


@dataclass(frozen=True)
class RecordKind:
    """What the rows of a format become."""

    name: str
    """Of the published tables, in their manifest."""
    rows: str
    """The table with one row per accepted row."""
    check: Callable[[pl.DataFrame, RecordSource], Checked]
    collect: Callable[[], Collector]
    empty: Callable[[], Tables]
    read: Callable[[Path], Tables]
    write: Callable[[Path, Tables], None]
    digest: Callable[[Tables], str]
    """Of the content, the same whatever the order of the rows."""
    describe: Callable[[Tables, RecordSource], dict[str, Any]]
    """Further entries of the manifest."""

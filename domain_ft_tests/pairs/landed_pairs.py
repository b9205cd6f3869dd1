"""Query-passage pairs that land in a folder of a test's own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from domain_ft.landing.ingest import IngestResult, ingest_files
from domain_ft.landing.quarantine import read_quarantine
from domain_ft.landing.settings import PairColumns, PairSource
from domain_ft.pairs.settings import AuditSettings
from domain_ft.pairs.tables import read_pairs
from domain_ft.store.publish import read_manifest

COLUMNS = PairColumns(passage="passage", context="context", negative="negative", group="group", sub_domain="part")


def a_pair(**cells: str | None) -> dict[str, str | None]:
    """A row that every rule accepts, with some cells of one's own."""
    row: dict[str, str | None] = {
        "query": "how often is the oil of the gear box changed",
        "passage": "Change the oil of the gear box after every thousand hours of work.",
        "context": None,
        "negative": "The seat belt is locked by turning the buckle to the left.",
        "group": None,
        "part": None,
    }
    return {**row, **cells}


@dataclass(frozen=True)
class Folder:
    """The folders of a domain of pairs."""

    path: Path

    @property
    def raw(self) -> Path:
        return self.path / "raw"

    def beside(self, name: object) -> "Folder":
        """The folders of another domain, to land the same rows in under other settings."""
        path = self.path / str(name)
        path.mkdir()
        return Folder(path)

    def land(self, *rows: Mapping[str, Any], name: str = "pairs.jsonl", **audit: Any) -> IngestResult:
        """Land rows as JSON Lines under the rules of an audit."""
        return self.land_file("".join(json.dumps(row) + "\n" for row in rows).encode(), name, **audit)

    def land_file(self, content: bytes, name: str, **audit: Any) -> IngestResult:
        """Land a file of any content."""
        file = self.path / name
        file.write_bytes(content)
        source = PairSource(columns=COLUMNS, audit=AuditSettings(**audit))
        return ingest_files([file], domain="m", source=source, raw=self.raw, quarantine=self.path / "quarantine")

    def pairs(self) -> pl.DataFrame:
        return read_pairs(self.raw / "current")

    def audit(self) -> dict[str, int]:
        """Rule -> rows of the accepted table that break it."""
        return {row["rule"]: row["rows"] for row in read_manifest(self.raw / "current")["audit"]}

    def rejected(self) -> list[tuple[int, str, str]]:
        return read_quarantine(self.path / "quarantine").select("line", "column", "rule").rows()

"""A world for tests that land files: files from rows, one call that ingests them, and a git repository."""

import csv
import io
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from domain_ft.history.tables import History, read_history
from domain_ft.landing.ingest import IngestResult, ingest_files
from domain_ft.landing.quarantine import read_quarantine
from domain_ft.landing.settings import SourceSettings

COLUMNS = (
    "Build_ID", "Build_Test_Start_Date", "TP_Key", "TC_Key", "TE_Summary", "TC_Steps", "TE_Test_Result", "commit",
    "CR_Component_Name",
)  # fmt: skip


def a_row(**cells: str) -> dict[str, str]:
    """A row that every rule accepts, with some cells of one's own."""
    row = {
        "Build_ID": "b1",
        "Build_Test_Start_Date": "2024-05-31T08:15:00Z",
        "TP_Key": "shop",
        "TC_Key": "t1",
        "TE_Summary": "the basket adds up",
        "TC_Steps": "",
        "TE_Test_Result": "Pass",
        "commit": "['round prices late']",
        "CR_Component_Name": "['shop/basket.py']",
    }
    return {**row, **cells}


def as_csv(rows: Sequence[Mapping[str, str]], columns: Sequence[str] = COLUMNS, delimiter: str = ",") -> bytes:
    """Rows as the bytes of a CSV file with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter=delimiter, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_jsonl(*rows: Mapping[str, object] | bytes) -> bytes:
    """Rows as JSON Lines; bytes stand for themselves."""
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


@dataclass(frozen=True)
class World:
    """The folders of one domain."""

    folder: Path
    columns = COLUMNS
    row = staticmethod(a_row)
    csv = staticmethod(as_csv)

    @property
    def raw(self) -> Path:
        return self.folder / "raw"

    @property
    def quarantine(self) -> Path:
        return self.folder / "quarantine"

    def write(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def ingest(self, *files: Path, source: SourceSettings | None = None) -> IngestResult:
        source = source or SourceSettings()
        return ingest_files(files, domain="test_history", source=source, raw=self.raw, quarantine=self.quarantine)

    def land(self, content: bytes, name: str = "history.csv", source: SourceSettings | None = None) -> IngestResult:
        return self.ingest(self.write(name, content), source=source)

    def history(self) -> History:
        return read_history(self.raw / "current")

    def rejected(self) -> pl.DataFrame:
        return read_quarantine(self.quarantine)

    def rejected_lines(self) -> list[tuple[int, str, str]]:
        return self.rejected().select("line", "column", "rule").rows()


@dataclass(frozen=True)
class Repository:
    """A git repository that is written commit by commit."""

    path: Path

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(self.path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message: str, **files: str) -> str:
        for name, text in files.items():
            (self.path / name).write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

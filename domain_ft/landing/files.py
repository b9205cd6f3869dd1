"""Files that land: which are taken, which are finished, and which reader is theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from domain_ft.errors import InputError
from domain_ft.landing.csv_source import CsvSource
from domain_ft.landing.folder import SETTLE_S, SUFFIXES, TABLES, is_supported, look, report_files
from domain_ft.landing.json_source import JsonSource
from domain_ft.landing.junit_source import JunitSource
from domain_ft.landing.parquet_source import ParquetSource
from domain_ft.landing.rows import RowSource
from domain_ft.landing.settings import RecordSource, SourceSettings
from domain_ft.safe_text import brief
from domain_ft.store.digests import sha256_file, sha256_json


@dataclass(frozen=True)
class Landed:
    """A file, or a folder of JUnit reports, with the sha256 of its content and its state when that was taken."""

    path: Path
    sha256: str
    state: tuple[tuple[str, int, int, int], ...]

    @property
    def name(self) -> str:
        """What it is called in manifests and in the quarantine."""
        return self.path.name.encode("utf-8", "replace").decode()


def landing_files(folder: Path, *, settle_s: float = SETTLE_S) -> list[Path]:
    """What lies finished in a landing folder, by name; files still growing or of another kind are left out."""
    return [folder / name for name in look(folder, settle_s=settle_s).finished]


def suffixes_of(settings: RecordSource) -> tuple[str, ...]:
    """What the name of a source's file may end in; XML is of test reports alone."""
    return SUFFIXES if isinstance(settings, SourceSettings) else TABLES


def take(path: Path, suffixes: Sequence[str] = SUFFIXES) -> Landed:
    """Look at a file (or a folder of reports) that is to be ingested; InputError where there is nothing to read.

    `suffixes` are those that a person is told of.
    """
    if not _exists(path):
        raise InputError(f"{path}: no such file")
    parts = report_files(path) if path.is_dir() else [path]
    if not parts:
        inside = [inner.name for inner in sorted(path.iterdir()) if is_supported(inner)][:5]
        hint = f"hand in the files in it: {', '.join(inside)}" if inside else f"hand in a file ({', '.join(suffixes)})"
        raise InputError(f"{path}: is a folder without JUnit reports (*.xml); {hint}")
    if path.is_file() and not is_supported(path):
        raise InputError(f"{path}: not a kind of file that is read; its name must end in {', '.join(suffixes)}")
    if not path.is_dir() and not path.is_file():
        raise InputError(f"{path}: is not a regular file")
    try:
        state = _state(path)
        digests = [[part.relative_to(path).as_posix(), sha256_file(part)] for part in parts] if path.is_dir() else []
        return Landed(path, sha256_json(digests) if path.is_dir() else sha256_file(path), state)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); hand in a file that can") from None


def _exists(path: Path) -> bool:
    """Whether there is such a file; InputError for a name that no file can have."""
    try:
        return path.exists()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{brief(str(path))}: cannot be read ({reason}); name a file that is there") from None


def check_unchanged(landed: Landed) -> None:
    """InputError if the file is no longer the one that it was when its digest was taken."""
    try:
        changed = _state(landed.path) != landed.state
    except FileNotFoundError:
        changed = True
    if changed:
        raise InputError(f"{landed.path}: changed while it was read; ingest it again when it is finished")


def _state(path: Path) -> tuple[tuple[str, int, int, int], ...]:
    stats = [(str(part), part.stat()) for part in (report_files(path) if path.is_dir() else [path])]
    return tuple((name, stat.st_ino, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def open_source(path: Path, settings: RecordSource, work: Path) -> RowSource:
    """The reader for a file, by its name; `work` is an existing folder of its own for unpacked copies."""
    name = path.name.casefold()
    if path.is_dir() or name.endswith(".xml"):
        if not isinstance(settings, SourceSettings):
            raise InputError(f"{path}: XML is read as test reports only; hand in a table of {settings.format}")
        return JunitSource(path, settings)
    if name.endswith(".parquet"):
        return ParquetSource(path, settings)
    if name.endswith((".jsonl", ".jsonl.gz", ".json", ".json.gz")):
        return JsonSource(path, settings, work)
    return CsvSource(path, settings, work)

"""The landing folder as it looks from outside: which sources lie there, and which of them are finished.

Sensors look every few seconds, at thousands of files. So no file is opened here, and no reader is imported.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

TABLES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet", ".jsonl", ".jsonl.gz", ".json", ".json.gz")
SUFFIXES = (*TABLES, ".xml")
SETTLE_S = 2.0
"""A file touched less than this many seconds ago may still be growing."""
AHEAD_S = 300.0
"""A file server's clock may be ahead by less; what is from a later future was there when our clock was set back."""

FileStates: TypeAlias = tuple[tuple[str, int, int], ...]
"""Of each file of a source: its name within the source ("." for the source itself), its bytes, its mtime in ns."""


@dataclass(frozen=True)
class LandingLook:
    """What lies in a landing folder at one moment: finished sources by name, and the names of those still growing."""

    finished: Mapping[str, FileStates]
    growing: tuple[str, ...] = ()


def look(folder: Path, *, settle_s: float = SETTLE_S) -> LandingLook:
    """Look at a landing folder, by name; hidden files and files of another kind are passed over.

    A folder counts as one source if it holds JUnit reports, and as finished if all of them are.
    """
    finished: dict[str, FileStates] = {}
    growing, now = [], time.time()
    for name, states in sorted(_sources(folder)):
        if all(_is_settled(now - mtime_ns / 1e9, settle_s) for _, _, mtime_ns in states):
            finished[name] = states
        else:
            growing.append(name)
    return LandingLook(finished, tuple(growing))


def _is_settled(age: float, settle_s: float) -> bool:
    """Whether a file touched so many seconds ago is finished; what still grows is never from the far future."""
    return age >= settle_s or age < -AHEAD_S


def is_supported(path: Path) -> bool:
    """Whether a file's name has one of the suffixes that are read."""
    return path.name.casefold().endswith(SUFFIXES)


def report_files(path: Path) -> list[Path]:
    """The reports that a path means: itself, or the XML files anywhere below a folder, hidden ones left out."""
    if not path.is_dir():
        return [path]
    found = (file for file in path.rglob("*.xml") if file.is_file())
    return sorted(file for file in found if not any(part.startswith(".") for part in file.relative_to(path).parts))


def _sources(folder: Path) -> Iterator[tuple[str, FileStates]]:
    """Each source with the states of its files; one that vanishes meanwhile is passed over."""
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if not entry.name.startswith(".") and (states := _states(entry)):
                    yield entry.name, states


def _states(entry: "os.DirEntry[str]") -> FileStates:
    """The states of what a folder's entry means; none where it is no source."""
    if entry.is_dir():
        folder = Path(entry.path)
        return tuple(_state(file.relative_to(folder).as_posix(), file.stat()) for file in report_files(folder))
    if entry.name.casefold().endswith(SUFFIXES) and entry.is_file():
        return (_state(".", entry.stat()),)
    return ()


def _state(name: str, stat: os.stat_result) -> tuple[str, int, int]:
    return name, stat.st_size, stat.st_mtime_ns

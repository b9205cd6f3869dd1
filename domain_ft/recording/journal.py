"""What a recording has found so far, a file for each run: a recording that was interrupted goes on after the last.

The number of changes that are asked for has no part in the folder's name, so more of them later go on where fewer had
ended.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from domain_ft.errors import DomainFtError
from domain_ft.landing.settings import RunVerdict
from domain_ft.store.publish import write_json

FORMAT = 1
FIRST, AGAIN = "00000-first", "00000-again"
"""The names of the two runs of the unchanged project."""
Verdicts = tuple[RunVerdict | None, ...]
"""Of each test of the baseline, in its order; None for one that is not there any more."""
Fate = Literal["baseline", "killed", "survived", "timed_out", "not_compiled", "undone"]
"""What became of a run's change: noticed, not noticed, not ended in time; or that it was none, or was taken back."""
_LETTERS: Mapping[RunVerdict | None, str] = {
    **{verdict: verdict[0] for verdict in get_args(RunVerdict)}, None: "."
}  # fmt: skip
_VERDICTS = {letter: verdict for verdict, letter in _LETTERS.items()}


@dataclass(frozen=True)
class Baseline:
    """The unchanged project: its tests in the order in which they run (classname, name), and the limits for changes."""

    tests: tuple[tuple[str, str], ...]
    called: tuple[tuple[str, int], ...]
    seconds: float
    limit_s: float
    limit_bytes: int


@dataclass(frozen=True)
class Build:
    """One run: what it is called, which change it had, and what each test of the baseline came to (None: not there)."""

    name: str
    fate: Fate
    text: str = ""
    path: str = ""
    started: datetime | None = None
    verdicts: Verdicts = ()
    seconds: tuple[float | None, ...] = ()
    key: str = ""
    """The change itself, so that a journal can be told from another's."""


class Journal:
    """The files of one recording."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def baseline(self) -> Baseline | None:
        """What was noted of the unchanged project."""
        noted = self._read("baseline")
        if noted is None:
            return None
        tests = tuple((group, name) for group, name in noted["tests"])
        called = tuple((path, line) for path, line in noted["called"])
        return Baseline(tests, called, noted["seconds"], noted["limit_s"], noted["limit_bytes"])

    def note_baseline(self, baseline: Baseline) -> None:
        """Note the unchanged project."""
        self._write("baseline", asdict(baseline))

    def build(self, name: str, key: str = "") -> Build | None:
        """What was noted of a run; raises DomainFtError where that was one of another change."""
        noted = self._read(name)
        if noted is None:
            return None
        if noted["key"] != key:
            raise DomainFtError(
                f"{self._folder / name}.json: is a note of another change; remove {self._folder} and record anew"
            )
        started = noted["started"] and datetime.fromisoformat(noted["started"])
        verdicts = tuple(_VERDICTS[letter] for letter in noted["verdicts"])
        told = (noted["fate"], noted["text"], noted["path"])
        return Build(name, *told, started, verdicts, tuple(noted["seconds"]), noted["key"])

    def note_build(self, build: Build) -> None:
        """Note a run."""
        self._write(
            build.name,
            {
                **asdict(build),
                "started": build.started and build.started.isoformat(),
                "verdicts": "".join(_LETTERS[verdict] for verdict in build.verdicts),
            },
        )

    def _write(self, name: str, value: dict[str, Any]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_json(self._folder / f"{name}.json", {"format": FORMAT, **value})

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self._folder / f"{name}.json"
        try:
            noted: dict[str, Any] = json.loads(path.read_bytes())
            if noted["format"] == FORMAT:
                return noted
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            pass
        raise DomainFtError(f"{path}: is no note of a recording; remove {self._folder} and record anew")

"""What a training process tells: events, appended to `progress.jsonl` and followed by whoever watches.

A file outlives both sides: the parent may die and the child go on, and a later reader still sees what happened. A
line counts only once its end is written, so that a kill in the middle of one spoils nothing.
"""

import json
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

PROGRESS_FILE = "progress.jsonl"
LOG_FILE = "train.log"

EventKind = Literal[
    "waiting", "base", "prefix", "negatives", "labels", "plan", "resumed", "log", "evaluation", "checkpoint", "merged",
    "warning", "retry", "published", "reused", "stopped", "failed",
]  # fmt: skip
EventValue: TypeAlias = float | int | str | bool | None


@dataclass(frozen=True)
class TrainingEvent:
    """One thing that happened, at `step` of `total_steps`: figures in `values`, a sentence in `message`."""

    kind: EventKind
    step: int = 0
    total_steps: int = 0
    values: Mapping[str, EventValue] = field(default_factory=dict)
    message: str = ""
    time: float = field(default_factory=time.time)
    process: int = field(default_factory=os.getpid)
    """Who tells it: the file is shared by those who wait to train the same version."""


OnEvent: TypeAlias = Callable[[TrainingEvent], None]


def ignore(event: TrainingEvent) -> None:
    """Listen to nothing."""


class ProgressLog:
    """Appends events to a file; a line that a kill left unfinished is closed first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if _ends_in_the_middle(path):
            with path.open("ab") as file:
                file.write(b"\n")

    def __call__(self, event: TrainingEvent) -> None:
        """Write one event."""
        values = {key: _plain(value) for key, value in event.values.items()}
        line = json.dumps({**asdict(event), "values": values}, ensure_ascii=False, allow_nan=False)
        with self._path.open("ab") as file:
            file.write(line.encode() + b"\n")


class ProgressReader:
    """Reads the events that were added to a file since the reader was made."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = path.stat().st_size if path.exists() else 0

    def new_events(self) -> list[TrainingEvent]:
        """The events whose lines are complete by now; a line that is none (see `ProgressLog`) is passed over."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            added = file.read()
        complete = added[: added.rfind(b"\n") + 1]
        self._offset += len(complete)
        events = (_parse(line) for line in complete.split(b"\n") if line)
        return [event for event in events if event is not None]


def _parse(line: bytes) -> TrainingEvent | None:
    try:
        return TrainingEvent(**json.loads(line))
    except (ValueError, TypeError):
        return None


def _plain(value: EventValue) -> EventValue:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _ends_in_the_middle(path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) != b"\n"

"""Which checkpoints can be trusted.

A trainer's checkpoint is many files, written one after the other. Ours counts only once a marker lies in it, written
last and naming every file with its size and sha256; a folder without it, or that differs from it, is passed over for
the one before. Sizes are compared at every look, contents once, before a training goes on.
"""

import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from domain_ft.store.digests import sha256_file
from domain_ft.store.publish import write_json

CHECKPOINTS = "checkpoints"
"""The folder of a training's checkpoints, in its work folder."""
MARKER = "whole.json"
_NAME = re.compile(r"checkpoint-([0-9]+)", re.ASCII)


@dataclass(frozen=True)
class Spent:
    """What a training has cost so far, over all its attempts."""

    seconds: float = 0.0
    """Wall time, evaluations and checkpoints included."""
    step_seconds: float = 0.0
    """Wall time of the steps alone."""
    examples: int = 0
    """Rows seen, repeats counted."""
    tokens: int = 0
    """Tokens of these rows, padding left out; 0 where they are not counted."""


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint: its folder, its step, and what the training had cost by then."""

    path: Path
    step: int
    spent: Spent


def unmark(folder: Path) -> None:
    """Take the marker away, before anything in the folder is written again."""
    (folder / MARKER).unlink(missing_ok=True)


def mark_whole(folder: Path, spent: Spent) -> None:
    """Flush every file of a checkpoint to the disk, then say that it is whole."""
    sizes, digests = {}, {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MARKER):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        name = path.relative_to(folder).as_posix()
        sizes[name], digests[name] = path.stat().st_size, sha256_file(path)
    write_json(folder / MARKER, {"files": sizes, "sha256": digests, "spent": asdict(spent)})


def whole_checkpoints(parent: Path) -> list[Checkpoint]:
    """The whole checkpoints in a folder, oldest first."""
    folders = [path for path in parent.glob("checkpoint-*") if path.is_dir()]
    found = [checkpoint for folder in folders if (checkpoint := _read(folder)) is not None]
    return sorted(found, key=lambda checkpoint: checkpoint.step)


def discard_unfinished(parent: Path) -> int:
    """Remove what a kill left half written, and what was altered since; returns how many folders went."""
    whole = {checkpoint.path for checkpoint in whole_checkpoints(parent) if _is_unaltered(checkpoint.path)}
    left = [path for path in parent.glob("checkpoint-*") if path not in whole]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def prune_checkpoints(parent: Path, keep: int, best_step: int | None) -> None:
    """Remove all but the newest `keep` whole checkpoints and the best one."""
    for checkpoint in whole_checkpoints(parent)[:-keep]:
        if checkpoint.step != best_step:
            unmark(checkpoint.path)
            shutil.rmtree(checkpoint.path, ignore_errors=True)


def _read(folder: Path) -> Checkpoint | None:
    name = _NAME.fullmatch(folder.name)
    try:
        marker = json.loads((folder / MARKER).read_bytes())
        sizes = {file: (folder / file).stat().st_size for file in marker["files"]}
        spent = Spent(**marker["spent"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if name is None or sizes != marker["files"]:
        return None
    return Checkpoint(folder, int(name[1]), spent)


def _is_unaltered(folder: Path) -> bool:
    """Whether every file of a whole checkpoint holds what was written into it."""
    try:
        digests = json.loads((folder / MARKER).read_bytes())["sha256"]
        return all(sha256_file(folder / name) == digest for name, digest in digests.items())
    except (OSError, ValueError, KeyError, AttributeError):
        return False

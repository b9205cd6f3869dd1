"""Publishing: a folder is seen whole or not at all.

The content is written beside its place under a hidden name, flushed to the disk, given its manifest last, and
renamed. A reader therefore never meets a half-written folder, and a kill at any moment leaves at most a hidden
folder that `sweep_unfinished` removes.
"""

import json
import os
import shutil
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain_ft.errors import DomainFtError
from domain_ft.faults import faults_as_sentences
from domain_ft.store.digests import sha256_file

MANIFEST = "manifest.json"
UNFINISHED = ".unfinished-"
REMOVED = ".removed-"
"""How a folder is called between its disappearance and its end."""


def publish_folder(target: Path, write: Callable[[Path], dict[str, Any]]) -> Path:
    """Fill a folder through `write` and make it appear at `target` in one step.

    `write` gets an empty folder, puts files into it and returns the manifest's own entries; `files` (name ->
    sha256) is added here. A `target` that is already published is left as it is: names are digests of content.
    A full disk and the like end in a DomainFtError, and nothing is left behind.
    """
    if is_published(target):
        return target
    with faults_as_sentences(target):
        return _publish(target, write)


def _publish(target: Path, write: Callable[[Path], dict[str, Any]]) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.parent / f"{UNFINISHED}{target.name}-{uuid.uuid4().hex[:8]}"
    beside.mkdir()
    try:
        entries = write(beside)
        write_json(beside / MANIFEST, {**entries, "files": _file_digests(beside)})
        _fsync_tree(beside)
        try:
            beside.rename(target)
        except OSError:
            if not is_published(target):
                raise
        _fsync(target.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target


def is_published(folder: Path) -> bool:
    """Whether a folder stands there whole (its manifest is written last)."""
    return (folder / MANIFEST).is_file()


def published_at(folder: Path) -> datetime:
    """When a published folder was written."""
    return datetime.fromtimestamp((folder / MANIFEST).stat().st_mtime, UTC)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a published folder."""
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise DomainFtError(f"{folder}: nothing is published there (no {MANIFEST}); make it again") from None
    except ValueError as error:
        raise DomainFtError(f"{path}: not readable as JSON ({error}); remove the folder and make it again") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise DomainFtError(f"{path}: is no manifest (it lists no files); remove the folder and make it again")
    return manifest


def read_content(folder: Path, name: str, mend: str) -> dict[str, Any]:
    """A JSON object of a published folder, unaltered since; DomainFtError, with what to do, otherwise."""
    verify_folder(folder)
    path = folder / name
    try:
        document = json.loads(path.read_bytes())
    except OSError:
        raise DomainFtError(f"{path}: not there, so nothing can be decided; {mend}") from None
    except ValueError as error:
        raise DomainFtError(f"{path}: not readable as JSON ({error}); {mend}") from None
    if not isinstance(document, dict):
        raise DomainFtError(f"{path}: holds no JSON object; {mend}")
    return document


def verify_folder(folder: Path) -> None:
    """Compare each file of a published folder with its manifest; the first missing or altered one is named."""
    for name, expected in read_manifest(folder)["files"].items():
        path = folder / name
        if not path.is_file():
            raise DomainFtError(f"{path}: missing, though the manifest lists it; remove {folder} and make it again")
        if sha256_file(path) != expected:
            raise DomainFtError(f"{path}: altered since it was published; remove {folder} and make it again")


def is_whole(folder: Path) -> bool:
    """Whether a published folder is there as it was written; one that was altered stays."""
    try:
        verify_folder(folder)
    except DomainFtError:
        return False
    return True


def is_sound(folder: Path) -> bool:
    """Whether a published folder is there as it was written; one that was altered goes."""
    whole = is_whole(folder)
    if not whole and is_published(folder):
        remove_folder(folder)
    return whole


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file whole or not at all (written beside, flushed, renamed)."""
    beside = path.with_name(f".{path.name}-{uuid.uuid4().hex[:8]}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            json.dump(value, file, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def point(link: Path, target_name: str) -> None:
    """Make `link` a relative link to its sibling `target_name`, replacing an earlier one in one step."""
    beside = link.with_name(f".{link.name}-{uuid.uuid4().hex[:8]}")
    link.parent.mkdir(parents=True, exist_ok=True)
    beside.symlink_to(target_name)
    beside.replace(link)


def pointed(link: Path) -> Path | None:
    """The published folder that a pointer leads to, or None where there is no pointer or nothing whole behind it.

    A pointer names a sibling; one that leads anywhere else is none of ours, and leads nowhere.
    """
    if not link.is_symlink():
        return None
    target = link.readlink()
    folder = link.parent / target.name
    return folder if target == Path(target.name) and is_published(folder) else None


def sweep_unfinished(parent: Path) -> int:
    """Remove what a killed publication left beside its place; returns how many folders went."""
    left = [path for path in parent.glob(f"{UNFINISHED}*") if path.is_dir()]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def remove_folder(folder: Path) -> None:
    """Remove a folder: out of sight in one step, then file by file; what a kill leaves is hidden (`REMOVED`)."""
    beside = folder.with_name(f"{REMOVED}{folder.name.removeprefix(REMOVED)}-{uuid.uuid4().hex[:8]}")
    folder.rename(beside)
    shutil.rmtree(beside)


def _file_digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): sha256_file(path) for path in files}


def _fsync_tree(folder: Path) -> None:
    for path in folder.rglob("*"):
        _fsync(path)
    _fsync(folder)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

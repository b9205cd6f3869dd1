"""Which files the tables were made of: what is new among those handed in, what is known, what must be read anew.

A file is known by its content and by the settings it was read under; the manifest of each version lists them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from domain_ft.errors import InputError
from domain_ft.landing.files import Landed
from domain_ft.landing.kinds import RecordKind, Tables
from domain_ft.landing.settings import RecordSource
from domain_ft.store.digests import sha256_json
from domain_ft.store.publish import read_manifest, verify_folder

READER_VERSION = 2
"""Raised when the same file and settings would give other rows."""


@dataclass(frozen=True)
class FileReport:
    """What came of one file: read = accepted + rejected + duplicates; a known file is skipped, its rows not counted."""

    name: str
    sha256: str
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    conflicting: int = 0
    skipped: bool = False
    rules: dict[str, int] | None = None
    quarantine: str | None = None


@dataclass(frozen=True)
class Plan:
    """Which files are read, which are known, and what they are merged with."""

    fresh: tuple[Landed, ...]
    known: tuple[Landed, ...]
    earlier: Tables
    sources: tuple[dict[str, Any], ...]


def mapping_digest(source: RecordSource) -> str:
    """The digest of everything in the settings that decides how a file's rows are read."""
    said = source.model_dump(mode="json", exclude={"repository"})
    if said.get("duration_unit") == "s":  # as files were read before there was a choice: they need not be read again
        del said["duration_unit"]
    return sha256_json([READER_VERSION, said])


def plan_ingest(landed: list[Landed], current: Path | None, mapping: str, kind: RecordKind) -> Plan:
    """Leave out what is known. Files that were read under other settings must come all together, to be read anew."""
    landed = list({one.sha256: one for one in reversed(landed)}.values())[::-1]
    sources = tuple(read_manifest(current)["sources"]) if current else ()
    by_sha = {entry["sha256"]: entry for entry in sources}
    given = {one.sha256 for one in landed}
    if any(entry["mapping_digest"] != mapping for sha, entry in by_sha.items() if sha in given):
        missing = [entry["name"] for sha, entry in by_sha.items() if sha not in given]
        if missing:
            raise InputError(
                f"{landed[0].path}: was ingested under other settings of the source; to read all anew, hand in these "
                f"files with it: {', '.join(missing[:10])}{', ...' if len(missing) > 10 else ''}"
            )
        return Plan(tuple(landed), (), kind.empty(), ())
    fresh = tuple(one for one in landed if one.sha256 not in by_sha or by_sha[one.sha256]["incomplete"])
    known = tuple(one for one in landed if one not in fresh)
    if current is None or not fresh:
        return Plan(fresh, known, kind.empty(), sources)
    verify_folder(current)
    return Plan(fresh, known, kind.read(current), sources)


def merge_sources(earlier: Sequence[dict[str, Any]], reports: list[FileReport], mapping: str) -> list[dict[str, Any]]:
    """The sources of the new version; a file that is read once more keeps the rows that it had given before."""
    sources = {entry["sha256"]: entry for entry in earlier}
    for report in reports:
        before = sources.get(report.sha256, {"accepted": 0})["accepted"]
        whole = replace(report, accepted=report.accepted + before, duplicates=report.duplicates - before)
        names = ("name", "sha256", "read", "accepted", "rejected", "duplicates", "conflicting")
        sources[report.sha256] = {
            **{name: getattr(whole, name) for name in names},
            "mapping_digest": mapping,
            "incomplete": "commit_unknown" in (report.rules or {}),
        }
    return list(sources.values())

"""The audit of what landed, published whole: audit.json with all that was found, audit.md for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from domain_ft.progress import Progress, silent, told
from domain_ft.requirements.audit import Audit, AuditReport
from domain_ft.requirements.audit_markdown import audit_markdown
from domain_ft.requirements.settings import RequirementAuditSettings
from domain_ft.requirements.tables import lines_of_table, read_requirements_table
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.publish import is_published, point, publish_folder, read_manifest, verify_folder

AUDIT_VERSION = 2
"""Raised when the same records and settings would give another audit."""
REPORT, MARKDOWN = "audit.json", "audit.md"


@dataclass(frozen=True)
class AuditResult:
    """A published audit."""

    path: Path
    digest: str
    total: int
    valid: int
    counts: Mapping[str, int]
    """Of everything that was looked for, how often it was found."""
    token_lengths: Mapping[str, int]
    reused: bool

    @property
    def markdown(self) -> str:
        """The audit as a person reads it."""
        return (self.path / MARKDOWN).read_text(encoding="utf-8")

    def as_json(self) -> dict[str, Any]:
        """The audit's own keys, and where it lies."""
        report: dict[str, Any] = orjson.loads((self.path / REPORT).read_bytes())
        where = {"path": str(self.path), "markdown": str(self.path / MARKDOWN)}
        return {**where, "digest": self.digest, "reused": self.reused, **report}


def audit_raw(
    raw: Path, out: Path, settings: RequirementAuditSettings, progress: Progress = silent, *, make_current: bool = True
) -> AuditResult:
    """Audit the records in `raw` and publish `out/<digest>`; `out/current` then points to it."""
    source = read_manifest(raw)
    digest = short(sha256_json([source["content_digest"], settings.model_dump(mode="json"), AUDIT_VERSION]))
    target = out / digest
    reused = is_published(target)
    if not reused:
        verify_folder(raw)
        report = _audited(raw, settings, progress)
        origin = {"raw": raw.resolve().name, "raw_digest": source["digest"], "digest": digest}

        def write(folder: Path) -> dict[str, Any]:
            (folder / REPORT).write_bytes(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2))
            (folder / MARKDOWN).write_text(audit_markdown(report), encoding="utf-8")
            return {
                **origin,
                "version": AUDIT_VERSION,
                "settings": settings.model_dump(mode="json"),
                "total": report.total,
                "valid": report.valid,
                "counts": {name: finding.count for name, finding in report.findings.items()},
                "token_lengths": dict(report.token_lengths),
                "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            }

        publish_folder(target, write)
    if make_current:
        point(out / "current", digest)
    return audit_result(target, reused=reused)


def audit_result(folder: Path, *, reused: bool) -> AuditResult:
    """What the manifest of a published audit says."""
    manifest = read_manifest(folder)
    figures = {name: manifest[name] for name in ("digest", "total", "valid", "counts", "token_lengths")}
    return AuditResult(folder, **figures, reused=reused)


def _audited(raw: Path, settings: RequirementAuditSettings, progress: Progress) -> AuditReport:
    audit, rows = Audit(settings), read_requirements_table(raw)
    for line in told(lines_of_table(rows), "audit", progress, rows.height):
        audit.add(line)
    return audit.report()

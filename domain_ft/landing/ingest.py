"""Files into a new version of a domain's normalized tables; the rows that cannot be used into quarantine.

Nothing is changed in place: the new version holds what was there and what is new, is published whole, and only then
does `raw/current` point at it. Read again, a file adds nothing: it is known by its content.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock, Timeout

from domain_ft.errors import DomainFtError, InputError
from domain_ft.faults import faults_as_sentences
from domain_ft.landing.files import Landed, check_unchanged, open_source, suffixes_of, take
from domain_ft.landing.formats import record_kind
from domain_ft.landing.kinds import Collector, RecordKind, Settled, Tables
from domain_ft.landing.quarantine import ADVICE, Quarantined, quarantine_rows, read_quarantine
from domain_ft.landing.rows import VIOLATIONS, RowSource
from domain_ft.landing.settings import RecordSource
from domain_ft.landing.sources import FileReport, Plan, mapping_digest, merge_sources, plan_ingest
from domain_ft.progress import Progress, silent
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.publish import point, pointed, publish_folder, read_manifest, sweep_unfinished

_LOCK_SECONDS = 900
_NO_COUNTS = {"accepted": 0, "duplicates": 0, "conflicting": 0}


@dataclass(frozen=True)
class IngestResult:
    """What came of an ingest; `conflicting` are those duplicates that contradict the row that they repeat."""

    path: Path
    digest: str
    quarantine: Path
    files: tuple[FileReport, ...]
    kind: str
    tables: dict[str, int]
    reused: bool
    notes: tuple[str, ...] = ()
    warnings: dict[str, int] = field(default_factory=dict)
    """Rows of all that was accepted, new or not, that break a rule which only warns; by rule."""

    @property
    def read(self) -> int:
        """Rows read from the files that were not skipped."""
        return sum(file.read for file in self.files)

    @property
    def accepted(self) -> int:
        """Rows that are new."""
        return sum(file.accepted for file in self.files)

    @property
    def rejected(self) -> int:
        """Rows in quarantine."""
        return sum(file.rejected for file in self.files)

    @property
    def duplicates(self) -> int:
        """Rows that say what another one says (of a history: about a test that has a run in that build already)."""
        return sum(file.duplicates for file in self.files)

    @property
    def conflicting(self) -> int:
        """Duplicates that contradict the row they repeat (of a history: by another verdict)."""
        return sum(file.conflicting for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """The keys that the command line prints."""
        counts = ("read", "accepted", "rejected", "duplicates", "conflicting")
        return {
            **{name: getattr(self, name) for name in counts},
            "digest": self.digest,
            "path": str(self.path),
            "quarantine": str(self.quarantine),
            "files": [asdict(file) for file in self.files],
            "kind": self.kind,
            "tables": self.tables,
            "warnings": self.warnings,
            "reused": self.reused,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class _Read:
    """A file that was read: its reader, its rows, and which of them break a rule."""

    landed: Landed
    source: RowSource
    rows: int
    violations: pl.DataFrame


def ingest_files(
    files: Sequence[Path],
    *,
    domain: str,
    source: RecordSource,
    raw: Path,
    quarantine: Path,
    progress: Progress = silent,
) -> IngestResult:
    """Merge files into `raw/current`, publish the outcome as a new version under `raw`, and point `current` at it.

    A file that cannot be read as a whole, or of which no row can be used, is an InputError, and nothing is published.
    One ingest of a domain runs at a time.
    """
    kind, mapping = record_kind(source), mapping_digest(source)
    with faults_as_sentences(raw), _alone(raw, domain):
        quarantine.mkdir(parents=True, exist_ok=True)
        sweep_unfinished(raw)
        current = pointed(raw / "current")
        plan = plan_ingest([take(path, suffixes_of(source)) for path in files], current, mapping, kind)
        if not plan.fresh:
            return _nothing_new(plan, current, quarantine, domain)
        with tempfile.TemporaryDirectory(prefix=".unfinished-ingest-", dir=raw) as work:
            rows = kind.collect()
            read = [_read(landed, n, rows, kind, source, Path(work), progress) for n, landed in enumerate(plan.fresh)]
            for one in read:
                _refuse_hopeless(one, quarantine, mapping)
            progress("merge", 0)
            settled = rows.settle(plan.earlier)
            kept = [_quarantine(one, n, settled, quarantine, mapping) for n, one in enumerate(read)]
            notes = [note for one in read for note in one.source.notes] + list(settled.notes)
        reports = [_report(one, n, settled, rejected) for n, (one, rejected) in enumerate(zip(read, kept, strict=True))]
        progress("publish", 0)
        path = _publish(raw, domain, settled.tables, kind, source, plan, reports)
        skipped = [FileReport(landed.name, landed.sha256, skipped=True) for landed in plan.known]
        return _result(path, quarantine, (*reports, *skipped), reused=False, notes=tuple(notes))


@contextmanager
def _alone(raw: Path, domain: str) -> Iterator[None]:
    raw.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(raw / ".ingest.lock", timeout=_LOCK_SECONDS):
            yield
    except Timeout:
        raise DomainFtError(f"{domain}: another ingest has been running for {_LOCK_SECONDS} s; wait for it") from None


def _nothing_new(plan: Plan, current: Path | None, quarantine: Path, domain: str) -> IngestResult:
    if current is None:
        raise InputError(f"{domain}: no files to ingest; put some into its landing folder or name them")
    files = tuple(FileReport(landed.name, landed.sha256, skipped=True) for landed in plan.known)
    return _result(current, quarantine, files, reused=True)


def _result(
    path: Path, quarantine: Path, files: tuple[FileReport, ...], *, reused: bool, notes: tuple[str, ...] = ()
) -> IngestResult:
    """What came of an ingest, with what the manifest says of the tables."""
    manifest = read_manifest(path)
    kind, counts = manifest["kind"], manifest["counts"]
    warnings = {row["rule"]: row["rows"] for row in manifest.get("audit", ()) if row["mode"] == "warn" and row["rows"]}
    return IngestResult(path, path.name, quarantine, files, kind, counts, reused, notes, warnings)


def _read(
    landed: Landed,
    number: int,
    collector: Collector,
    kind: RecordKind,
    settings: RecordSource,
    work: Path,
    progress: Progress,
) -> _Read:
    """Read one file to its end: accepted rows to the collector, violations aside."""
    folder = work / str(number)
    folder.mkdir()
    source = open_source(landed.path, settings, folder)
    rows, violations = 0, [VIOLATIONS.to_frame()]
    for batch in source.batches():
        checked = kind.check(batch, settings)
        collector.add(checked.accepted, number)
        violations.append(checked.violations)
        rows += batch.height
        progress(f"read {landed.name}", rows)
    check_unchanged(landed)
    if not rows and not source.unreadable:
        raise InputError(f"{landed.path}: has no rows; hand in a file with rows")
    return _Read(landed, source, rows + source.unreadable, pl.concat(violations))


def _refuse_hopeless(read: _Read, quarantine: Path, mapping: str) -> None:
    """InputError for a file of which not one row can be used, with the rule that most of them break."""
    if read.violations.height + read.source.unreadable < read.rows:
        return
    path = read.landed.path
    rejected = quarantine_rows(
        quarantine,
        _found_again(read, read.violations),
        name=read.landed.name,
        sha256=read.landed.sha256,
        mapping_digest=mapping,
    )
    assert rejected.folder is not None
    rule = max(rejected.rules, key=lambda name: (rejected.rules[name], name))
    found = read_quarantine(rejected.folder).filter(pl.col("rule") == rule)
    example = found.row(0, named=True)
    if rule == "verdict_unknown":
        counts = found["value"].fill_null("").value_counts().sort(["count", "value"], descending=[True, False])
        words = counts["value"].head(8).to_list()
        raise InputError(
            f"{path}: column {example['column']!r}: no row can be used, for the verdicts there are unknown words: "
            f"{', '.join(map(repr, words))}; {ADVICE[rule]}"
        )
    place = "".join(f", {key} {example[key]!r}" for key in ("line", "column", "value") if example[key] is not None)
    raise InputError(
        f"{path}: none of its {read.rows:,} rows can be used, most of them for {rule} (first{place.lstrip(',')}); "
        f"{ADVICE[rule]}; all of them lie in {rejected.folder}"
    )


def _quarantine(read: _Read, number: int, settled: Settled, quarantine: Path, mapping: str) -> Quarantined:
    conflicts = settled.conflicts.filter(pl.col("source") == number).select(list(VIOLATIONS))
    violations = pl.concat([read.violations, conflicts]).sort("row")
    return quarantine_rows(
        quarantine,
        _found_again(read, violations),
        name=read.landed.name,
        sha256=read.landed.sha256,
        mapping_digest=mapping,
    )


def _found_again(read: _Read, violations: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rejected rows, looked up in the file once more: InputError if it is another one by now."""
    yield from read.source.rejected(violations)
    check_unchanged(read.landed)


def _report(read: _Read, number: int, settled: Settled, rejected: Quarantined) -> FileReport:
    counted = {row.pop("source"): row for row in settled.counts.to_dicts()}.get(number, _NO_COUNTS)
    if read.rows != counted["accepted"] + counted["duplicates"] + rejected.rows:
        raise DomainFtError(
            f"{read.landed.path}: {read.rows} rows read, but {counted['accepted']} accepted, {rejected.rows} rejected, "
            f"{counted['duplicates']} duplicates; this is an error of the reader, nothing was published"
        )
    return FileReport(
        name=read.landed.name,
        sha256=read.landed.sha256,
        read=read.rows,
        rejected=rejected.rows,
        rules=rejected.rules,
        quarantine=str(rejected.folder) if rejected.folder else None,
        **counted,
    )


def _publish(
    raw: Path,
    domain: str,
    tables: Tables,
    kind: RecordKind,
    source: RecordSource,
    plan: Plan,
    reports: list[FileReport],
) -> Path:
    content, mapping = kind.digest(tables), mapping_digest(source)
    sources = merge_sources(plan.sources, reports, mapping)
    digest = short(sha256_json([content, sorted((entry["sha256"], entry["mapping_digest"]) for entry in sources)]))

    def write(folder: Path) -> dict[str, Any]:
        kind.write(folder, tables)
        return {
            **kind.describe(tables, source),
            "kind": kind.name,
            "domain": domain,
            "digest": digest,
            "content_digest": content,
            "mapping_digest": mapping,
            "sources": sources,
            "counts": _heights(tables),
            "rows": tables[kind.rows].height,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    path = publish_folder(raw / digest, write)
    point(raw / "current", digest)
    return path


def _heights(tables: Tables) -> dict[str, int]:
    return {name: table.height for name, table in tables.items()}

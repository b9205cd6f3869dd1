"""A file of records, fixed: a new file beside what was changed in it and what could not be repaired.

The input is never written to, and nothing is seen half-written. Each record of the input stands, in its order, in
exactly one of two files: among the fixed ones, where nothing is wrong with it any more, or in quarantine.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from domain_ft.errors import InputError
from domain_ft.faults import faults_as_sentences
from domain_ft.landing.json_lines import plain_json
from domain_ft.progress import Progress, silent
from domain_ft.requirements.audit import Audit, AuditReport, name_of
from domain_ft.requirements.fix import Fixed, Form, fix_record
from domain_ft.requirements.issues import issues_of
from domain_ft.requirements.records import Line, read_records
from domain_ft.requirements.settings import RequirementAuditSettings

_EVERY = 1000
"""Records between two reports of progress."""


@dataclass(frozen=True)
class FixedFile:
    """What came of a file: read = written + quarantined; `changes` by rule, `audit` of what was written."""

    path: Path
    diff: Path
    quarantine: Path
    read: int
    written: int
    changed: int
    quarantined: int
    changes: Mapping[str, int]
    reasons: Mapping[str, int]
    """Records in quarantine by kind of issue; one with several kinds counts for each."""
    audit: AuditReport


def fix_file(
    source: Path,
    target: Path,
    *,
    form: Form = "as_given",
    renumber: bool = False,
    settings: RequirementAuditSettings | None = None,
    progress: Progress = silent,
) -> FixedFile:
    """Write the repaired records of `source` to `target`; beside it `.diff.jsonl` and `.quarantine.jsonl`.

    InputError where `target` is the input itself, or the input cannot be read as a whole.
    """
    _refuse_same(source, target)
    with faults_as_sentences(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unfinished-fix-", dir=target.parent) as folder:
            with _Outputs(Path(folder), Audit(settings or RequirementAuditSettings())) as outputs:
                for line in read_records(source, Path(folder)):
                    outputs.add(line, form, renumber)
                    if not line.number % _EVERY:
                        progress("fix", outputs.counts["read"])
            return outputs.publish(target)


class _Outputs:
    """The three files in the making, and what was counted on the way."""

    def __init__(self, folder: Path, audit: Audit) -> None:
        self._paths = [folder / name for name in ("fixed", "diff", "quarantine")]
        self._audit = audit
        self.counts, self._changes, self._reasons = Counter[str](), Counter[str](), Counter[str]()

    def __enter__(self) -> "_Outputs":
        self._fixed, self._diff, self._quarantine = (path.open("w", encoding="utf-8") for path in self._paths)
        return self

    def __exit__(self, *unused: object) -> None:
        for file in (self._fixed, self._diff, self._quarantine):
            file.close()

    def add(self, line: Line, form: Form, renumber: bool) -> None:
        """Fix a line and write it to where it belongs."""
        self.counts["read"] += 1
        if line.record is None:
            self._set_aside(line, [{"kind": line.rule, "path": "", "value": line.value, "why": "is no record"}])
            return
        fixed = fix_record(line.record, form=form, renumber=renumber)
        issues = issues_of(fixed.record)
        if issues:
            self._set_aside(line, [asdict(issue) for issue in issues])
        else:
            self._keep(line, fixed)

    def publish(self, target: Path) -> FixedFile:
        """Put the files in their places, the fixed one last."""
        diff, quarantine = (target.with_name(f"{target.stem}.{what}.jsonl") for what in ("diff", "quarantine"))
        for made, path in list(zip(self._paths, (target, diff, quarantine), strict=True))[::-1]:
            made.replace(path)
        counts = {name: self.counts[name] for name in ("read", "written", "changed")}
        return FixedFile(
            target,
            diff,
            quarantine,
            **counts,
            quarantined=counts["read"] - counts["written"],
            changes=dict(self._changes.most_common()),
            reasons=dict(self._reasons.most_common()),
            audit=self._audit.report(),
        )

    def _keep(self, line: Line, fixed: Fixed) -> None:
        text = plain_json(fixed.record) if fixed.changes else line.text
        self.counts["written"] += 1
        self._audit.add(Line(self.counts["written"], b"", dict(fixed.record), text))
        _write(self._fixed, text)
        if fixed.changes:
            self.counts["changed"] += 1
            self._changes.update(change.rule for change in fixed.changes)
            changes = [asdict(change) for change in fixed.changes]
            _write(self._diff, json.dumps({**_place(line), "changes": changes}, ensure_ascii=False))

    def _set_aside(self, line: Line, reasons: list[dict[str, Any]]) -> None:
        self._reasons.update({str(reason["kind"]) for reason in reasons})
        _write(self._quarantine, json.dumps({**_place(line), "reasons": reasons, "raw": line.text}, ensure_ascii=False))


def _place(line: Line) -> dict[str, Any]:
    return {"line": line.number, "id": name_of(line)}


def _refuse_same(source: Path, target: Path) -> None:
    if not source.is_file():
        raise InputError(f"{source}: there is no such file; name a JSONL file of records")
    if target.exists() and target.samefile(source):
        raise InputError(f"{target}: is the input itself, which is never overwritten; name another file to write to")


def _write(file: TextIO, text: str) -> None:
    file.write(text)
    file.write("\n")

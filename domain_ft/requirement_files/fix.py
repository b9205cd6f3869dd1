"""A file of records, fixed: a new file beside what was changed in it and what could not be repaired.

The input is never written to, and nothing is seen half-written. Each line of the input stands, in its order, in exactly
one of two files: among the fixed records, where nothing is wrong with it any more, or in quarantine.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from domain_ft.json_text import quick_json
from domain_ft.progress import Progress, silent
from domain_ft.requirement_files.lines import read_lines, write_line, writing
from domain_ft.requirements.audit import Audit, AuditReport
from domain_ft.requirements.fix import Fixed, Form, fix_record
from domain_ft.requirements.issues import issues_of
from domain_ft.requirements.lines import Line
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
    changes: Mapping[str, int]
    reasons: Mapping[str, int]
    """Lines in quarantine by kind of issue; one with several kinds counts for each."""
    audit: AuditReport

    @property
    def quarantined(self) -> int:
        """Lines that could not be repaired."""
        return self.read - self.written


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
    diff, quarantine = (target.with_name(f"{target.stem}.{what}.jsonl") for what in ("diff", "quarantine"))
    audit = Audit(settings or RequirementAuditSettings())
    read = 0
    with writing(source, quarantine, diff, target) as files:
        outputs = _Outputs(*files, audit=audit)
        for line in read_lines(source):
            read += 1
            outputs.add(line, form, renumber)
            if not read % _EVERY:
                progress("fix", read)
    changes, reasons = dict(outputs.changes.most_common()), dict(outputs.reasons.most_common())
    return FixedFile(target, diff, quarantine, read, outputs.written, outputs.changed, changes, reasons, audit.report())


class _Outputs:
    """Where each line goes, and what is counted on the way."""

    def __init__(self, quarantine: TextIO, diff: TextIO, fixed: TextIO, *, audit: Audit) -> None:
        self._quarantine, self._diff, self._fixed, self._audit = quarantine, diff, fixed, audit
        self.written = self.changed = 0
        self.changes, self.reasons = Counter[str](), Counter[str]()

    def add(self, line: Line, form: Form, renumber: bool) -> None:
        if line.record is None:
            self._set_aside(line, [{"kind": line.rule, "path": "", "value": line.value, "why": "is no record"}])
            return
        fixed = fix_record(line.record, form=form, renumber=renumber)
        issues = issues_of(fixed.record)
        if issues:
            self._set_aside(line, [vars(issue) for issue in issues])
        else:
            self._keep(line, fixed)

    def _keep(self, line: Line, fixed: Fixed) -> None:
        text = quick_json(fixed.record) if fixed.changes else line.text
        self.written += 1
        self._audit.add(Line(self.written, dict(fixed.record), text), ())
        write_line(self._fixed, text)
        if fixed.changes:
            self.changed += 1
            self.changes.update(change.rule for change in fixed.changes)
            changes = [vars(change) for change in fixed.changes]
            write_line(self._diff, quick_json({"line": line.number, "id": line.name, "changes": changes}))

    def _set_aside(self, line: Line, reasons: list[dict[str, Any]]) -> None:
        self.reasons.update({str(reason["kind"]) for reason in reasons})
        entry = {"line": line.number, "id": line.name, "reasons": reasons, "raw": line.text}
        write_line(self._quarantine, quick_json(entry))

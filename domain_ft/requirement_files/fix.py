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
from domain_ft.progress import Progress, silent, told
from domain_ft.requirement_files.lines import read_lines, write_line, writing
from domain_ft.requirements.audit import Audit, AuditReport
from domain_ft.requirements.fix import Form
from domain_ft.requirements.lines import Line
from domain_ft.requirements.repair import Repaired, repair
from domain_ft.requirements.settings import RequirementAuditSettings


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
    with writing(source, quarantine, diff, target) as files:
        outputs = _Outputs(*files, audit=audit)
        for line in told(read_lines(source), "fix", progress):
            outputs.add(repair(line, form=form, renumber=renumber))
    changes, reasons = dict(outputs.changes.most_common()), dict(outputs.reasons.most_common())
    counts = (outputs.read, outputs.written, outputs.changed)
    return FixedFile(target, diff, quarantine, *counts, changes, reasons, audit.report())


class _Outputs:
    """Where each line goes, and what is counted on the way."""

    def __init__(self, quarantine: TextIO, diff: TextIO, fixed: TextIO, *, audit: Audit) -> None:
        self._quarantine, self._diff, self._fixed, self._audit = quarantine, diff, fixed, audit
        self.read = self.written = self.changed = 0
        self.changes, self.reasons = Counter[str](), Counter[str]()

    def add(self, done: Repaired) -> None:
        self.read += 1
        if done.record is None:
            self.reasons.update(done.kinds)
            write_line(self._quarantine, quick_json({"line": done.line.number, **done.told_reasons}))
        else:
            self._keep(done, dict(done.record))

    def _keep(self, done: Repaired, record: dict[str, Any]) -> None:
        text = quick_json(record) if done.changes else done.line.text
        self.written += 1
        self._audit.add(Line(self.written, record, text), ())
        write_line(self._fixed, text)
        if done.changes:
            self.changed += 1
            self.changes.update(change.rule for change in done.changes)
            write_line(self._diff, quick_json({"line": done.line.number, **done.told_changes}))

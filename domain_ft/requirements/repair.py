"""What becomes of a line: a sound record and its repairs, or the reasons why it is set aside."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain_ft.requirements.fix import Change, Form, fix_record
from domain_ft.requirements.issues import issues_of
from domain_ft.requirements.lines import Line


@dataclass(frozen=True)
class Repaired:
    """A line after its repairs; `record` is None where something is still wrong, and `reasons` says what."""

    line: Line
    record: Mapping[str, Any] | None
    changes: tuple[Change, ...]
    reasons: tuple[Mapping[str, Any], ...]

    @property
    def kinds(self) -> set[str]:
        """The kinds of its reasons, each once."""
        return {str(reason["kind"]) for reason in self.reasons}

    @property
    def told_changes(self) -> dict[str, Any]:
        """The entry of a diff: what was changed."""
        return {"id": self.line.name, "changes": [vars(change) for change in self.changes]}

    @property
    def told_reasons(self) -> dict[str, Any]:
        """The entry of a quarantine: what is wrong, and the line as it was."""
        return {"id": self.line.name, "reasons": list(self.reasons), "raw": self.line.text}


def repair(line: Line, *, form: Form, renumber: bool) -> Repaired:
    """Repair what a line holds, as `fix_record` does; the line itself stays."""
    if line.record is None:
        return Repaired(line, None, (), ({"kind": line.rule, "path": "", "value": line.value, "why": "is no record"},))
    fixed = fix_record(line.record, form=form, renumber=renumber)
    issues = issues_of(fixed.record)
    if issues:
        return Repaired(line, None, (), tuple(vars(issue) for issue in issues))
    return Repaired(line, fixed.record, fixed.changes, ())

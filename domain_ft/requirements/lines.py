"""A line of a file of requirement records."""

from dataclasses import dataclass
from typing import Any

from domain_ft.requirements.shape import is_said


@dataclass(frozen=True)
class Line:
    """The record that a line is, or the rule for which it is none."""

    number: int
    record: dict[str, Any] | None
    text: str
    """What stands there, without the space around it."""
    rule: str | None = None
    value: str | None = None

    @property
    def concept(self) -> str | None:
        """What it is about; None where it is no record, or names no concept."""
        found = (self.record or {}).get("concept")
        return found if is_said(found) else None

    @property
    def name(self) -> str:
        """How it is called in reports: by its concept's id, or by its number."""
        found = (self.record or {}).get("concept_id")
        return str(found) if is_said(found) else f"line {self.number}"

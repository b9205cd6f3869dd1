"""A line of a file of requirement records."""

from dataclasses import dataclass
from typing import Any


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
    def name(self) -> str:
        """How it is called in reports: by its concept's id, or by its number."""
        found = (self.record or {}).get("concept_id")
        return found if isinstance(found, str) and found.strip() else f"line {self.number}"

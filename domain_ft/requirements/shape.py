"""What a record of requirements holds, and how its parts are read: as objects, or as YAML text.

    {"concept_id": "BCON-0001", "concept": "...", "requirements": {
        "title": "...", "description": "...",
        "functional_requirements": [{"id": "FR001", "description": "...", "priority": "High"}, ...],
        "non_functional_requirements": [{"id": "NFR001", ...}], "constraints": [{"id": "C001", ...}]}}

Each list may also be YAML text that says the same, and so may the whole of `requirements`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain_ft.errors import InputError
from domain_ft.yaml_text import parse_yaml

LEAST_ITEMS = 2
PRIORITIES = ("High", "Medium", "Low")
TEXTS = ("title", "description")
ITEM_TEXTS = ("id", "description", "priority")


@dataclass(frozen=True)
class Category:
    """One of the lists of a record, and how the ids in it begin."""

    field: str
    prefix: str


CATEGORIES = (
    Category("functional_requirements", "FR"),
    Category("non_functional_requirements", "NFR"),
    Category("constraints", "C"),
)


def is_said(value: Any) -> bool:
    """Whether a value is text that says something."""
    return isinstance(value, str) and bool(value.strip())


class UnreadableError(Exception):
    """A part of a record that is neither what it should be nor YAML text of that; `str` says what it is."""


def read_requirements(value: Any) -> Mapping[str, Any]:
    """The `requirements` of a record by field; UnreadableError where they are none."""
    found = _from_yaml(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise UnreadableError(f"{_kind(found)}, not an object with {', '.join(TEXTS)} and the lists")
    return found


def read_items(value: Any) -> Sequence[Any]:
    """The items of a category; UnreadableError where they are no list."""
    found = _from_yaml(value) if isinstance(value, str) else value
    if not isinstance(found, list):
        raise UnreadableError(f"{_kind(found)}, not a list of requirements")
    return found


def _from_yaml(text: str) -> Any:
    try:
        return parse_yaml(text, "text").value
    except InputError as error:
        raise UnreadableError(str(error)) from None


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "plain text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")

"""What can be repaired in a record without guessing, as a new record and a list of the changes.

A fixed record is fixed: once more, and nothing changes. What could mean two things is left as it is, for the audit that
follows to name. No text of a requirement is rewritten: `RFC2119` in a sentence stays.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from domain_ft.requirements.ids import meant, written
from domain_ft.requirements.issues import is_plainly_sound
from domain_ft.requirements.rendering import to_yaml
from domain_ft.requirements.shape import (
    CATEGORIES,
    PRIORITIES,
    Category,
    UnreadableError,
    read_items,
    read_requirements,
)

Form = Literal["as_given", "objects", "yaml"]
"""How the lists of a fixed record are written: as they came, as lists of objects, or each as YAML text."""
_PRIORITY_OF = {priority.casefold(): priority for priority in PRIORITIES}


@dataclass(frozen=True)
class Change:
    """One repair: where in the record, by which rule, and what stood and stands there."""

    path: str
    before: Any
    after: Any
    rule: str


@dataclass(frozen=True)
class Fixed:
    """A record as it is after its repairs."""

    record: Mapping[str, Any]
    changes: tuple[Change, ...]


def fix_record(record: Mapping[str, Any], *, form: Form = "as_given", renumber: bool = False) -> Fixed:
    """Repair the ids and priorities of a record, and write its lists in the form asked for; the record itself stays.

    Ids get three digits (rule `id_format`). With `renumber` the items of a category are numbered by their order
    (`renumbered`), whatever they were called. Priorities get the usual case (`priority`). In YAML every value is text
    (`text`). Lists and the whole that came as YAML text are rewritten (`form`) only where something in them changes or
    another form is asked for.
    """
    if form != "yaml" and is_plainly_sound(record):
        return Fixed(record, ())
    try:
        requirements = read_requirements(record.get("requirements"))
    except UnreadableError:
        return Fixed(record, ())
    changes = list[Change]()
    fixed = dict(requirements)
    for category in CATEGORIES:
        if requirements.get(category.field) is not None:
            path = f"requirements.{category.field}"
            fixed[category.field] = _fix_category(category, requirements[category.field], form, renumber, path, changes)
    if isinstance(record["requirements"], str):
        changes.append(Change("requirements", record["requirements"], fixed, "form"))
    return Fixed({**record, "requirements": fixed} if changes else record, tuple(changes))


def _fix_category(category: Category, value: Any, form: Form, renumber: bool, path: str, changes: list[Change]) -> Any:
    try:
        items = read_items(value)
    except UnreadableError:
        return value
    before = len(changes)
    fixed = [
        _fix_item(category, item, n if renumber else 0, f"{path}[{n - 1}]", changes) for n, item in enumerate(items, 1)
    ]
    was_text = isinstance(value, str)
    to_text = was_text if form == "as_given" else form == "yaml"
    if to_text:
        fixed = [_as_texts(item, f"{path}[{number}]", changes) for number, item in enumerate(fixed)]
    if was_text == to_text and len(changes) == before:
        return value
    after = to_yaml(fixed) if to_text else fixed
    if was_text != to_text:
        changes.append(Change(path, value, after, "form"))
    return after


def _fix_item(category: Category, item: Any, number: int, path: str, changes: list[Change]) -> Any:
    """An item with its id and priority repaired; a `number` that is not 0 is the one it is to have."""
    if not isinstance(item, dict):
        return item
    fixed = dict(item)
    found = meant(item.get("id"), category.prefix)
    if number:
        fixed["id"] = written(category.prefix, number)
    elif found and found[0] == category.prefix:
        fixed["id"] = written(*found)
    priority = item.get("priority")
    if isinstance(priority, str):
        fixed["priority"] = _PRIORITY_OF.get(priority.strip().casefold(), priority)
    for name, rule in (("id", "renumbered" if number else "id_format"), ("priority", "priority")):
        if name in fixed and fixed[name] != item.get(name):
            changes.append(Change(f"{path}.{name}", item.get(name), fixed[name], rule))
    return fixed


def _as_texts(value: Any, path: str, changes: list[Change]) -> Any:
    """A value with each number, true and false as text, as YAML is read here."""
    if isinstance(value, dict):
        return {name: _as_texts(part, f"{path}.{name}", changes) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_texts(part, f"{path}[{number}]", changes) for number, part in enumerate(value)]
    if value is None or isinstance(value, str):
        return value
    changes.append(Change(path, value, text := json.dumps(value), "text"))
    return text

"""Requirements as YAML text: what a model is to answer, and what lists look like where they are kept as text."""

from collections.abc import Mapping
from typing import Any

import yaml

from domain_ft.requirements.answers import answer_of
from domain_ft.requirements.extract import FIELDS
from domain_ft.requirements.shape import CATEGORIES, ITEM_TEXTS, UnreadableError, read_items


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True


def to_yaml(value: Any) -> str:
    """A value as YAML, its keys in their order, a text in one line."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1 << 20))


def gold_text(record: Mapping[str, Any]) -> str | None:
    """What a model is to answer to a record's concept: its requirements as they are scored; None where it has none.

    Fields stand in the order in which they are asked for, and lists as objects, whatever form the record keeps.
    """
    found = answer_of(record).found
    if found is None:
        return None
    try:
        lists = {category.field: _items(found.get(category.field)) for category in CATEGORIES}
    except UnreadableError:
        return None
    answer = {**found, **lists}
    return to_yaml({name: answer[name] for name in FIELDS if name in answer}).rstrip("\n")


def _items(value: Any) -> list[Any]:
    """The items of a list, each with its texts in their order, and nothing beside them."""
    return [
        {name: item[name] for name in ITEM_TEXTS if name in item} if isinstance(item, dict) else item
        for item in read_items(value)
    ]

"""The score of the system that this domain replaces, for comparison with its figures.

At most 6.5 points are given, and divided by 7: its ceiling is 0.9286, and any well-formed document reaches it.
"""

import re
from collections.abc import Mapping
from typing import Any

from domain_ft.requirements.extract import FIELDS
from domain_ft.requirements.score import DESCRIPTION_LENGTH, TITLE_LENGTH
from domain_ft.requirements.shape import CATEGORIES, LEAST_ITEMS, Category, UnreadableError, read_items

_POINTS = 7.0


def legacy_score(found: Mapping[str, Any] | None) -> float:
    """The replaced system's score of the requirements in an answer; 0 where there are none.

    Share of the five fields 1.0; a title of 10 to 100 characters 0.5; a description of 100 or more 0.5; and for each
    list: it parses 0.5, has two items 0.5, and two with id, description, priority and an id of its prefix 0.5.
    """
    if found is None:
        return 0.0
    points = sum(bool(found.get(name)) for name in FIELDS) / len(FIELDS)
    points += 0.5 * (TITLE_LENGTH[0] <= len(str(found.get("title") or "")) <= TITLE_LENGTH[1])
    points += 0.5 * (len(str(found.get("description") or "")) >= DESCRIPTION_LENGTH)
    return (points + sum(_points(category, found.get(category.field)) for category in CATEGORIES)) / _POINTS


def _points(category: Category, value: Any) -> float:
    try:
        items = read_items(value)
    except UnreadableError:
        return 0.0
    whole = [
        item
        for item in items
        if isinstance(item, dict)
        and all(item.get(name) for name in ("id", "description", "priority"))
        and re.fullmatch(rf"{category.prefix}[0-9]+", str(item["id"]), re.ASCII)
    ]
    return 0.5 + 0.5 * (len(items) >= LEAST_ITEMS) + 0.5 * (len(whole) >= LEAST_ITEMS)

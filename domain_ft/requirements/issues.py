"""What is wrong with one record of requirements, by kind; pure, and the same wherever the record lies."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from domain_ft.requirements.ids import is_right, meant, written
from domain_ft.requirements.shape import (
    CATEGORIES,
    ITEM_TEXTS,
    LEAST_ITEMS,
    PRIORITIES,
    TEXTS,
    Category,
    UnreadableError,
    is_said,
    read_items,
    read_requirements,
)

Kind = Literal[
    "yaml_validation_errors", "field_completeness_issues", "min_requirements_violations", "id_format_issues",
    "prefix_mismatches", "duplicate_ids", "sequence_gaps", "unknown_priorities",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong: where in the record, what stands there, and why that will not do."""

    kind: Kind
    path: str
    value: Any
    why: str


def issues_of(record: Mapping[str, Any]) -> tuple[Issue, ...]:
    """Everything that is wrong with a record, in the order of its parts; nothing for a sound one."""
    return () if is_plainly_sound(record) else tuple(_issues(record))


def is_plainly_sound(record: Mapping[str, Any]) -> bool:
    """Whether nothing is wrong with a record of objects: the quick answer for nearly all records of a large set."""
    requirements = record.get("requirements")
    if type(requirements) is not dict or not (is_said(record.get("concept_id")) and is_said(record.get("concept"))):
        return False
    if not (is_said(requirements.get("title")) and is_said(requirements.get("description"))):
        return False
    for category in CATEGORIES:
        items = requirements.get(category.field)
        if type(items) is not list or len(items) < LEAST_ITEMS:
            return False
        for number, item in enumerate(items, 1):
            if (
                type(item) is not dict
                or item.get("id") != written(category.prefix, number)
                or item.get("priority") not in PRIORITIES
                or not is_said(item.get("description"))
            ):
                return False
    return True


def _issues(record: Mapping[str, Any]) -> Iterator[Issue]:
    yield from _missing_texts(record, ("concept_id", "concept"), "")
    if record.get("requirements") is None:
        yield Issue("field_completeness_issues", "requirements", None, "is missing")
        return
    try:
        requirements = read_requirements(record["requirements"])
    except UnreadableError as error:
        yield Issue("yaml_validation_errors", "requirements", record["requirements"], f"is {error}")
        return
    yield from _missing_texts(requirements, TEXTS, "requirements.")
    for category in CATEGORIES:
        yield from _issues_of_category(category, requirements.get(category.field))


def _issues_of_category(category: Category, value: Any) -> Iterator[Issue]:
    path = f"requirements.{category.field}"
    if value is None:
        yield Issue("field_completeness_issues", path, None, "is missing")
        return
    try:
        items = read_items(value)
    except UnreadableError as error:
        yield Issue("yaml_validation_errors", path, value, f"is {error}")
        return
    if len(items) < LEAST_ITEMS:
        yield Issue("min_requirements_violations", path, len(items), f"holds fewer than {LEAST_ITEMS} requirements")
    for number, item in enumerate(items):
        place = f"{path}[{number}]"
        if isinstance(item, dict):
            yield from _issues_of_item(category, item, place)
        else:
            yield Issue("field_completeness_issues", place, item, f"is not an object with {', '.join(ITEM_TEXTS)}")
    yield from _issues_among(category, items, path)


def _issues_of_item(category: Category, item: Mapping[str, Any], place: str) -> Iterator[Issue]:
    identifier, priority = item.get("id"), item.get("priority")
    numbered = isinstance(identifier, int) and not isinstance(identifier, bool)
    if not (is_said(identifier) and is_said(priority) and is_said(item.get("description"))):
        yield from _missing_texts(item, ITEM_TEXTS[1:] if numbered else ITEM_TEXTS, f"{place}.")
    if numbered or (is_said(identifier) and not is_right(identifier)):
        first, last = written(category.prefix, 1), written(category.prefix, 999)
        yield Issue("id_format_issues", f"{place}.id", identifier, f"is none of {first} to {last}")
    found = meant(identifier, category.prefix)
    if found and found[0] != category.prefix:
        yield Issue("prefix_mismatches", f"{place}.id", identifier, f"does not begin with {category.prefix}")
    if priority not in PRIORITIES and is_said(priority):
        yield Issue("unknown_priorities", f"{place}.priority", priority, f"is none of {', '.join(PRIORITIES)}")


def _issues_among(category: Category, items: Sequence[Any], path: str) -> Iterator[Issue]:
    """What is wrong with the ids of a category taken together, as they are meant."""
    found = [meant(item.get("id"), category.prefix) if isinstance(item, dict) else None for item in items]
    known = [each for each in found if each]
    if len(set(known)) < len(known):
        for (prefix, number), times in Counter(known).items():
            if times > 1:
                yield Issue("duplicate_ids", path, written(prefix, number), f"stands {times} times")
        return
    numbers = [number for _, number in known]
    if None not in found and numbers != list(range(1, len(numbers) + 1)):
        yield Issue("sequence_gaps", path, numbers, f"should count from 1 to {len(numbers)}, in this order")


def _missing_texts(holder: Mapping[str, Any], names: Sequence[str], place: str) -> Iterator[Issue]:
    for name in names:
        value = holder.get(name)
        if not is_said(value):
            why = "is missing" if value is None else "is empty" if isinstance(value, str) else "is not text"
            yield Issue("field_completeness_issues", f"{place}{name}", value, why)

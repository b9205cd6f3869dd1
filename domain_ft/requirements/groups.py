"""Which records belong together and are not divided by a split: those of one concept family, and near duplicates."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain_ft.splits.by_group import Group, joined
from domain_ft.splits.leakage import Leakage
from domain_ft.texts.near_duplicates import near_duplicates
from domain_ft.words import normalized

NO_STRATUM = ""
JUDGED = "test"
"""The part that no model learns from or is chosen by."""


@dataclass(frozen=True)
class Kin:
    """What tells which records are related: of one record."""

    concept: str
    family: str | None
    """What its concept was made from; None where that is not known."""
    stratum: str = NO_STRATUM

    @classmethod
    def of(cls, record: Mapping[str, Any], family_pattern: str) -> "Kin":
        """Of a record; where it names no family, the first group of the pattern in its concept does."""
        family, domain, concept = (record.get(name) for name in ("family", "domain", "concept"))
        text = normalized(concept) if isinstance(concept, str) else ""
        if not isinstance(family, str) or not family:
            found = re.search(family_pattern, text)
            family = found[1] if found else None
        return cls(text, family, domain if isinstance(domain, str) else NO_STRATUM)


def groups_of(records: Sequence[Kin], near_duplicate: float) -> tuple[list[str], list[Group]]:
    """The group of each record, by name, and the groups.

    Records of one family, of equal concepts, and of concepts that are nearly equal (Jaccard similarity of character
    5-grams) are one group. A group is named after its family where it has one, else after its first concept in order.
    """
    nodes: dict[tuple[str, str], int] = {}

    def node(kind: str, text: str) -> int:
        return nodes.setdefault((kind, text), len(records) + len(nodes))

    links = [(row, node("concept", record.concept)) for row, record in enumerate(records)]
    links += [(row, node("family", record.family)) for row, record in enumerate(records) if record.family]
    concepts = [text for kind, text in nodes if kind == "concept"]
    near = near_duplicates(concepts, near_duplicate)
    links += [(nodes["concept", concepts[one]], nodes["concept", concepts[other]]) for one, other in near]
    component = joined(len(records) + len(nodes), links)[: len(records)]
    names = {one: min(found) for one, found in _names(records, component).items()}
    members: dict[int, list[str]] = {}
    for one, record in zip(component, records, strict=True):
        members.setdefault(one, []).append(record.stratum)
    groups = [Group(names[one], _most_common(strata), len(strata)) for one, strata in members.items()]
    return [names[one] for one in component], groups


@dataclass(frozen=True)
class RecordLeakage(Leakage):
    """Counts of what must not be; all zero in a clean split."""

    concepts_in_two_splits: int
    families_in_two_splits: int
    near_concepts_in_two_splits: int
    """Pairs of concepts, nearly equal, of different splits."""
    curated_concepts_learned: int
    """Concepts of the evaluation file that stand in train or validation, too."""
    curated_families_learned: int
    near_curated_concepts_learned: int
    """Pairs of concepts, nearly equal, one of the evaluation file and one of train or validation."""


def record_leakage(
    placed: Sequence[tuple[Kin, str]], near_duplicate: float, curated: Sequence[Kin] = ()
) -> RecordLeakage:
    """Count what a split lets slip, from its records (each with its split) and those of the evaluation file alone."""
    homes, families = _homes(placed)
    held, held_families = _homes((each, "") for each in curated)
    learned, learned_families = _homes((each, split) for each, split in placed if split != JUDGED)
    concepts = sorted({*homes, *held})
    near = [(concepts[one], concepts[other]) for one, other in near_duplicates(concepts, near_duplicate)]
    return RecordLeakage(
        sum(len(each) > 1 for each in homes.values()),
        sum(len(each) > 1 for each in families.values()),
        sum(len(homes.get(one, set()) | homes.get(other, set())) > 1 for one, other in near),
        len(held.keys() & learned.keys()),
        len(held_families.keys() & learned_families.keys()),
        sum((one in held and other in learned) or (other in held and one in learned) for one, other in near),
    )


def _homes(placed: Iterable[tuple[Kin, str]]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The splits in which each concept, and each family, stands."""
    concepts: dict[str, set[str]] = {}
    families: dict[str, set[str]] = {}
    for record, split in placed:
        concepts.setdefault(record.concept, set()).add(split)
        if record.family:
            families.setdefault(record.family, set()).add(split)
    return concepts, families


def _names(records: Sequence[Kin], component: Sequence[int]) -> dict[int, list[str]]:
    """Per group what it may be called: its families, else its concepts."""
    families: dict[int, list[str]] = {}
    concepts: dict[int, list[str]] = {}
    for one, record in zip(component, records, strict=True):
        concepts.setdefault(one, []).append(record.concept)
        if record.family:
            families.setdefault(one, []).append(record.family)
    return {**concepts, **families}


def _most_common(values: Sequence[str]) -> str:
    return min(Counter(values).items(), key=lambda item: (-item[1], item[0]))[0]

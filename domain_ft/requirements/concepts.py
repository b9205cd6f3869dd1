"""Concepts: what a product is, for whom, where and how large; each only once, and the same for the same seed."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

import numpy as np

from domain_ft.errors import InputError
from domain_ft.requirements.grammar import Grammar
from domain_ft.store.digests import sha256_json, short

_CHOICES = ("domain", "subject", "kind", "audience", "region", "tier")


@dataclass(frozen=True)
class Concept:
    """One choice of everything that a concept is put together from."""

    domain: str
    subject: str
    kind: str
    audience: str
    region: str
    tier: str

    @property
    def product(self) -> str:
        """Its name."""
        return f"{self.subject} {self.kind}"

    @property
    def family(self) -> str:
        """What concepts have in common that are alike: they stand in one split."""
        return f"{self.domain}/{self.subject}"

    @property
    def id(self) -> str:
        """The same for the same concept, whatever else was made with it."""
        return f"CON-{short(sha256_json(asdict(self)))}"

    @property
    def seed(self) -> int:
        """What the choices within its requirements come from."""
        return int(sha256_json(asdict(self))[:16], 16)


def count_concepts(grammar: Grammar) -> int:
    """How many different concepts a grammar has."""
    return len(_products(grammar)) * prod(_sizes(grammar))


def choose_concepts(grammar: Grammar, count: int, seed: int) -> Iterator[Concept]:
    """Different concepts in a seeded order; the first ones are the same for every count.

    InputError where there are not so many.
    """
    total = count_concepts(grammar)
    if count > total:
        raise InputError(f"--count {count:,}: the grammar has {total:,} concepts; ask for fewer, or extend it")
    products, sizes = _products(grammar), _sizes(grammar)
    lists = [list(grammar.audiences), list(grammar.regions), list(grammar.tiers)]
    for number in np.random.default_rng(seed).permutation(total)[:count].tolist():
        rest = number
        chosen = []
        for names, size in zip(lists, sizes, strict=True):
            rest, place = divmod(rest, size)
            chosen.append(names[place])
        yield Concept(*products[rest], *chosen)


def concept_of(row: dict[str, Any]) -> Concept | None:
    """The concept that a row was made from by a grammar; None where a row comes from elsewhere."""
    values = [row.get(name) for name in _CHOICES]
    return Concept(*values) if all(isinstance(value, str) for value in values) else None  # type: ignore[arg-type]


def _products(grammar: Grammar) -> list[tuple[str, str, str]]:
    return [
        (domain, subject, kind)
        for domain, words in grammar.domains.items()
        for subject in words.subjects
        for kind in grammar.kinds
    ]


def _sizes(grammar: Grammar) -> tuple[int, int, int]:
    return len(grammar.audiences), len(grammar.regions), len(grammar.tiers)

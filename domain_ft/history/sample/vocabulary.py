"""How the made-up product is talked about: the shapes in which its areas' words are written down.

A feature has two vocabularies on purpose: what its users see, which tests speak, and what it is made of, which
changes speak. Only history tells which belongs to which, above all for the names that teams give their services.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Feature:
    """One thing that the product does, in the words of both sides; `seen` and `inner` are nouns that take `the`."""

    seen: tuple[str, ...]
    """What a user calls it."""
    about: tuple[str, ...]
    """What it is about, in words that tests do not use: a bridge for a reader, not for who counts words."""
    behaves: tuple[str, ...]
    """What it does as a user sees it when all is well, in the third person."""
    inner: tuple[str, ...]
    """The parts that it is made of, as those who change it call them."""


@dataclass(frozen=True)
class Component:
    """Features that one team keeps in one place of the source tree."""

    names: tuple[str, ...]
    """Names that only the teams know: the service's, a central class's, the one from before."""
    place: str
    """Where a user meets it."""
    folder: str
    """Where its source lies."""
    features: tuple[Feature, ...]

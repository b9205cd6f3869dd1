"""Products that there are in no grammar of concepts: the grammar's words in other company, and invented words.

A test concept may be any that the packaged grammar makes. No product here bears the name of one, so that no sentence
about a concept (each names its product) was read before; and since names recur nowhere, they can only be copied.
"""

from functools import cache
from random import Random
from typing import Any

from domain_ft.requirements.grammar import Grammar, Thing, load_grammar
from domain_ft.starter_lm.phrases import load_phrases

_BEGINNINGS = (
    "b", "br", "c", "ch", "cl", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "pl", "qu", "r",
    "s", "sh", "sk", "st", "t", "th", "tr", "v", "w", "z",
)  # fmt: skip
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "oo")
_ENDS = (
    "b", "ck", "d", "ft", "g", "l", "ll", "m", "n", "nd", "ng", "p", "r", "rn", "rt", "s", "sk", "st", "t", "th", "x",
)  # fmt: skip
_INVENTED_NAME, _INVENTED_THING, _FREE_FIGURES = 0.5, 0.4, 0.5
"""Shares of products with a name, a thing, and figures that come from no list."""


def made_up_product(random: Random) -> dict[str, Any]:
    """The slots of the grammar's templates for a product that the grammar does not have."""
    grammar = load_grammar()
    audience, region = random.choice(list(grammar.audiences)), random.choice(list(grammar.regions))
    thing, other = _thing(random), _thing(random)
    return {
        "product": _name(random),
        "audience": audience,
        "region": region,
        "role": random.choice(_roles()),
        "people": grammar.audiences[audience].people,
        "place": grammar.regions[region].place,
        "law": grammar.regions[region].law,
        "thing": thing.one,
        "things": thing.many,
        "other_thing": other.one,
        "other_things": other.many,
        **_figures(grammar, random),
    }


def invented_word(random: Random) -> str:
    """A word of one to three syllables that means nothing."""
    syllables = (random.choice(_BEGINNINGS) + random.choice(_VOWELS) for _ in range(random.choice((1, 2, 2, 3))))
    return "".join(syllables) + random.choice(_ENDS)


def word_of_lists(random: Random) -> str:
    """A word that the grammar has."""
    return random.choice(_words())


def words_of_names() -> list[str]:
    """The words that names are made of, each once, but for the invented ones."""
    kinds = (*load_grammar().kinds, *load_phrases().kinds)
    return sorted({word for name in (*_subjects(), *kinds) for word in name.split()})


def _name(random: Random) -> str:
    kind = random.choice((*load_grammar().kinds, *load_phrases().kinds))
    if random.random() < _INVENTED_NAME:
        words = [invented_word(random).capitalize() for _ in range(random.choice((1, 2, 2)))]
        return " ".join((*words, kind))
    first, last = _parts()
    subject = f"{random.choice(first)} {random.choice(last)}"
    return _name(random) if subject in _subjects() else f"{subject} {kind}"


def _thing(random: Random) -> Thing:
    if random.random() < _INVENTED_THING:
        words = [invented_word(random) for _ in range(random.choice((1, 1, 2)))]
        return Thing(one=" ".join(words), many=f"{' '.join(words)}s")
    return random.choice(_things())


def _figures(grammar: Grammar, random: Random) -> dict[str, Any]:
    if random.random() >= _FREE_FIGURES:
        return random.choice(list(grammar.tiers.values())).model_dump(exclude={"requirements"})
    return {
        "users": random.randint(2, 99) * 10 ** random.randint(0, 4),
        "latency_ms": random.randint(1, 40) * 50,
        "uptime": random.choice(("98", "98.5", "99.2", "99.6", "99.7", "99.99")),
        "budget": f"{random.randint(1, 99) * 10},000",
        "months": random.randint(2, 30),
    }


@cache
def _subjects() -> frozenset[str]:
    return frozenset(subject for words in load_grammar().domains.values() for subject in words.subjects)


@cache
def _parts() -> tuple[list[str], list[str]]:
    """The first and the last words of subjects."""
    split = [subject.split() for subject in sorted(_subjects())]
    return [words[0] for words in split], [words[-1] for words in split]


@cache
def _things() -> list[Thing]:
    return [thing for words in load_grammar().domains.values() for each in words.subjects.values() for thing in each]


@cache
def _roles() -> list[str]:
    return [role for words in load_grammar().domains.values() for role in words.roles]


@cache
def _words() -> list[str]:
    texts = [*_subjects(), *_roles(), *(text for thing in _things() for text in (thing.one, thing.many))]
    return sorted({word for text in texts for word in text.split()})

"""Requirements of a concept, by grammar: what its audience needs, its region asks and its size means, in its words."""

from collections.abc import Sequence
from dataclasses import asdict
from random import Random
from typing import Any

from domain_ft.errors import InputError
from domain_ft.requirements.concepts import Concept
from domain_ft.requirements.grammar import Grammar, Sentences
from domain_ft.requirements.ids import written
from domain_ft.requirements.shape import CATEGORIES, PRIORITIES

BY_GRAMMAR = "grammar"


def concept_row(grammar: Grammar, concept: Concept) -> dict[str, Any]:
    """A concept as a row of a file: its id and text, what it was put together from, and that it is made up."""
    text = grammar.concept.format(**_slots(grammar, concept, Random(concept.seed)))
    named = {"concept_id": concept.id, "concept": text, **asdict(concept), "family": concept.family}
    return {**named, "synthetic": made_by(grammar)}


def made_by(grammar: Grammar) -> dict[str, str]:
    """What says of a row that a grammar made it, and which."""
    return {"by": BY_GRAMMAR, "grammar": grammar.digest}


def requirements_of(grammar: Grammar, concept: Concept) -> dict[str, Any]:
    """The requirements of a concept; the same for the same concept and grammar.

    InputError where the concept names what the grammar does not have.
    """
    random = Random(concept.seed)
    slots = _slots(grammar, concept, random)
    needs = grammar.audiences[concept.audience].needs
    lists = (grammar.functional, grammar.non_functional, grammar.constraints)
    found = {
        category.field: _items(category.prefix, sentences, count, needs, slots, random)
        for category, sentences, count in zip(CATEGORIES, lists, grammar.tiers[concept.tier].requirements, strict=True)
    }
    return {"title": grammar.title.format(**slots), "description": grammar.description.format(**slots), **found}


def _items(
    prefix: str, sentences: Sentences, count: int, needs: Sequence[str], slots: dict[str, Any], random: Random
) -> list[dict[str, str]]:
    """What the audience needs comes first and is urgent; the rest is drawn, and less so towards its end."""
    first = [sentences.needs[need] for need in needs if need in sentences.needs]
    rest = random.sample(sentences.any, len(sentences.any))
    chosen = (first + rest)[:count]
    return [
        {
            "id": written(prefix, number),
            "description": template.format(**slots),
            "priority": PRIORITIES[0] if number <= max(1, len(first)) else PRIORITIES[1 + (number > count - 1)],
        }
        for number, template in enumerate(chosen, 1)
    ]


def _slots(grammar: Grammar, concept: Concept, random: Random) -> dict[str, Any]:
    try:
        words = grammar.domains[concept.domain]
        things = words.subjects[concept.subject]
        audience, region = grammar.audiences[concept.audience], grammar.regions[concept.region]
        tier = grammar.tiers[concept.tier]
    except KeyError as error:
        raise InputError(
            f"{concept.id}: the grammar has no {error}; use the grammar that the concept was made with"
        ) from None
    thing, other = random.sample(things, 2)
    return {
        "product": concept.product,
        "audience": concept.audience,
        "region": concept.region,
        "role": random.choice(words.roles),
        "people": audience.people,
        "place": region.place,
        "law": region.law,
        "thing": thing.one,
        "things": thing.many,
        "other_thing": other.one,
        "other_things": other.many,
        **tier.model_dump(exclude={"requirements"}),
    }

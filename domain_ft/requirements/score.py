"""How good an answer is, from 0 to 1: whether it can be used at all, is well formed, and is about its concept.

The components are shares of what is asked for, so that a gold answer reaches 1.0 in each; the score is their weighted
mean. Form alone does not carry an answer: what answers any concept, or another one, loses what it is weighed for.
"""

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from domain_ft.requirements.extract import Extraction, Mode
from domain_ft.requirements.ids import written
from domain_ft.requirements.reference import Reference, content_words
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.requirements.shape import (
    CATEGORIES,
    ITEM_TEXTS,
    LEAST_ITEMS,
    PRIORITIES,
    TEXTS,
    UnreadableError,
    is_said,
    read_items,
)
from domain_ft.words import normalized

SCORE_VERSION = 2
"""Raised when the same answer would score otherwise."""
TITLE_LENGTH = (10, 100)
DESCRIPTION_LENGTH = 100
ITEM_WORDS = 4


@dataclass(frozen=True)
class Components:
    """The parts of a score, each from 0 to 1."""

    extractable: float = 0.0
    parses: float = 0.0
    schema_complete: float = 0.0
    counts: float = 0.0
    ids: float = 0.0
    priorities: float = 0.0
    descriptions: float = 0.0
    grounding: float = 0.0
    originality: float = 0.0


@dataclass(frozen=True)
class Score:
    """The score of an answer, what it is made of, and how the requirements were found in it."""

    value: float
    components: Components
    mode: Mode
    why: str
    """Why there is nothing to score; empty where there is."""


def score_extraction(
    extraction: Extraction, concept: str, reference: Reference, settings: ScoreSettings | None = None
) -> Score:
    """Score what was found in an answer for a concept, beside the set that it belongs to."""
    settings = settings or ScoreSettings()
    components = _components(extraction, concept, reference, settings)
    weights = settings.weights.model_dump()
    total = sum(weights.values())
    value = sum(weights[each.name] * getattr(components, each.name) for each in fields(components)) / total
    return Score(value, components, extraction.mode, extraction.why)


def sentences_of(found: Mapping[str, Any] | None) -> Iterator[str]:
    """The descriptions of all requirements of an answer."""
    for _, items in _lists(found or {}):
        for item in items:
            if isinstance(item.get("description"), str):
                yield item["description"]


def _components(extraction: Extraction, concept: str, reference: Reference, settings: ScoreSettings) -> Components:
    if extraction.found is None:
        return Components(extractable=float(extraction.mode != "none"))
    found = extraction.found
    lists = list(_lists(found))
    items = [item for _, each in lists for item in each]
    sentences = list(sentences_of(found))
    return Components(
        extractable=1.0,
        parses=1.0,
        schema_complete=_mean([is_said(found.get(name)) for name in TEXTS] + [_complete(each) for _, each in lists]),
        counts=_mean([min(len(each) / LEAST_ITEMS, 1.0) for _, each in lists]),
        ids=_mean([item.get("id") == written(prefix, n) for prefix, each in lists for n, item in enumerate(each, 1)]),
        priorities=_mean([item.get("priority") in PRIORITIES for item in items]),
        descriptions=_descriptions(found, sentences),
        grounding=_grounding(found, sentences, concept, reference, settings),
        originality=_mean([not reference.is_boilerplate(each, settings.boilerplate_share) for each in sentences]),
    )


def _lists(found: Mapping[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Of each category its prefix and those of its items that are objects."""
    for category in CATEGORIES:
        try:
            items: Sequence[Any] = read_items(found.get(category.field))
        except UnreadableError:
            items = []
        yield category.prefix, [item for item in items if isinstance(item, dict)]


def _complete(items: Sequence[Mapping[str, Any]]) -> float:
    return _mean([all(is_said(item.get(name)) for name in ITEM_TEXTS) for item in items])


def _descriptions(found: Mapping[str, Any], sentences: Sequence[str]) -> float:
    title, description = (found.get(name) if is_said(found.get(name)) else "" for name in TEXTS)
    different = {normalized(sentence) for sentence in sentences}
    return _mean(
        [
            TITLE_LENGTH[0] <= len(str(title)) <= TITLE_LENGTH[1],
            min(len(str(description)) / DESCRIPTION_LENGTH, 1.0),
            _mean([len(sentence.split()) >= ITEM_WORDS for sentence in sentences]),
            len(different) / len(sentences) if sentences else 0.0,
        ]
    )


def _grounding(
    found: Mapping[str, Any], sentences: Sequence[str], concept: str, reference: Reference, settings: ScoreSettings
) -> float:
    """Whether the title names what is rarest in the concept, the requirements name it, and all of it is covered.

    What other concepts are about counts against it: a text that says more of them than of this one names nothing, and
    covers nothing.
    """
    weights = {word: reference.weight(word) for word in content_words(concept)}
    if not weights:
        return 0.0
    rarest = max(weights.values())
    named = {word for word, weight in weights.items() if weight >= rarest / 2}

    def weigh(text: frozenset[str]) -> tuple[float, float]:
        """How much a text says of this concept, and how much of others."""
        others = (text & reference.weights.keys()) - weights.keys()
        return sum(weights[word] for word in text & weights.keys()), sum(reference.weights[word] for word in others)

    title = content_words(str(found.get("title") or ""))
    texts = [content_words(sentence) for sentence in sentences]
    about = [text for text in texts if text & named and operator.ge(*weigh(text))]
    own, foreign = weigh(title)
    said = title.union(*about) if own >= foreign else frozenset[str]().union(*about)
    covered = sum(weight for word, weight in weights.items() if word in said) / sum(weights.values())
    return _mean(
        [
            min(own / rarest, 1.0) * own / (own + foreign) if own else 0.0,
            min(covered / settings.covered_share, 1.0),
            min(len(about) / len(texts) / settings.grounded_share, 1.0) if texts else 0.0,
        ]
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0

"""What a set of concepts and answers has in common: which words tell a concept from others, which sentences do not.

An answer is judged beside others: a word that stands in most concepts says little about one of them, and a sentence
that answers many concepts answers none.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from bm25s.stopwords import STOPWORDS_EN

from domain_ft.words import normalized, words

_STOP = frozenset(STOPWORDS_EN)
_SHORTEST = 3
_ALWAYS = 2
"""Concepts that may share a sentence in a set of any size."""


@lru_cache(maxsize=1 << 16)
def content_words(text: str) -> frozenset[str]:
    """The words of a text that mean something, each without the s of a plural."""
    return frozenset(
        word.removesuffix("s") if len(word) > _SHORTEST else word
        for word in words(text)
        if len(word) >= _SHORTEST and word not in _STOP
    )


@dataclass(frozen=True)
class Reference:
    """Of a set: its number of concepts, in how many each word stands, and for how many each sentence is an answer."""

    concepts: int = 0
    holders: Mapping[str, int] = field(default_factory=dict)
    users: Mapping[str, int] = field(default_factory=dict)
    answered: int = 0
    """The concepts that have an answer."""

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """How much each word says about a concept that it stands in: the log of how rare it is, at least a little."""
        return {word: self._weight(held) for word, held in self.holders.items()}

    def weight(self, word: str) -> float:
        """The same of any word; one that stands in no concept is as rare as can be."""
        return self.weights[word] if word in self.weights else self._weight(0)

    def _weight(self, held: int) -> float:
        return math.log((1 + self.concepts) / (1 + held)) + 0.1

    def is_boilerplate(self, sentence: str, share: float) -> bool:
        """Whether more than this share of the answered concepts (and more than two) are answered by a sentence."""
        return self.users.get(normalized(sentence), 0) > max(_ALWAYS, share * self.answered)


def reference_of(answers: Iterable[tuple[str, Iterable[str]]], beside: Iterable[str] = ()) -> Reference:
    """The reference of concepts, each with the sentences of its answer; equal concepts count once.

    `beside` are concepts without an answer: they only say which words are rare.
    """
    users = defaultdict[str, set[str]](set)
    answered: dict[str, None] = {}
    for concept, sentences in answers:
        answered[normalized(concept)] = None
        for sentence in sentences:
            users[normalized(sentence)].add(normalized(concept))
    concepts = answered | dict.fromkeys(normalized(concept) for concept in beside)
    holders = Counter(word for concept in concepts for word in content_words(concept))
    return Reference(len(concepts), holders, {text: len(held) for text, held in users.items()}, len(answered))

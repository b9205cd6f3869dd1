"""Texts as words: what BM25 counts, what a test's distinctive words are, and when two texts count as the same.

Test names and commit messages are full of identifiers (`Array#pack`, `each_with_index`, `ArgumentError`), so each
is read both whole and in its parts; a tokenizer made for prose would miss most of what the two texts share.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

_ORDINARY = 40
"""Letters of an identifier that people use."""
_IDENTIFIER = re.compile(r"[^\W_]+(?:_+[^\W_]+)*")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def words(text: str) -> list[str]:
    """The lower-case words of a text, in order; an identifier gives its parts and then itself.

    `Array#sumOfSquares` -> array, sum, of, squares, sumofsquares. `#`, `::`, `.`, `/` and the like separate.
    """
    found: list[str] = []
    for identifier in _IDENTIFIER.findall(text):
        found += _known_parts(identifier) if len(identifier) <= _ORDINARY else _parts(identifier)
    return found


def _parts(identifier: str) -> tuple[str, ...]:
    parts = tuple(part.casefold() for part in _CAMEL.split(identifier) if part)
    return (*parts, identifier.casefold()) if len(parts) > 1 else parts


_known_parts = lru_cache(maxsize=1 << 16)(_parts)
"""The same words come again and again; long ones, of which there is no end, are not kept."""


def normalized(text: str) -> str:
    """The form in which two texts count as the same: without case, every run of white space one space."""
    return " ".join(text.casefold().split())


def distinctive_words(texts: Sequence[str], share: float = 0.01) -> list[frozenset[str]]:
    """For each text the words that few of the texts hold: at most `share` of them (but two always may)."""
    held = [frozenset(words(text)) for text in texts]
    holders = Counter(word for each in held for word in each)
    most = max(2, math.floor(share * len(texts)))
    return [frozenset(word for word in each if holders[word] <= most) for each in held]

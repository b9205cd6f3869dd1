"""Texts that are nearly the same: found by MinHash, and every pair found is measured before it counts."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING
from zlib import crc32

from domain_ft.words import normalized

if TYPE_CHECKING:
    from datasketch import MinHash

SHINGLE = 5
_WORDS = 3
_HASHES = 64
_SLACK = 0.15
"""The estimate may lie so far below the threshold for a pair to be measured."""
_WEIGHTS = (0.1, 0.9)
"""Of pairs measured in vain and pairs missed: measuring is cheap, and a missed pair is a leak. At a similarity just at
a threshold of 0.9 one pair in 2,000 is missed; evenly weighted it would be one in 30."""


Shingles = Callable[[str], frozenset[bytes]]


def character_shingles(text: str) -> frozenset[bytes]:
    """The runs of five characters of a text: for queries, passages, sentences."""
    return frozenset(text[start : start + SHINGLE].encode() for start in range(max(len(text) - SHINGLE, 0) + 1))


def word_shingles(text: str) -> frozenset[bytes]:
    """The runs of three words of a text: for whole documents, of which it makes a sixth as many."""
    words = text.encode().split()
    return frozenset(b" ".join(words[start : start + _WORDS]) for start in range(max(len(words) - _WORDS, 0) + 1))


def near_duplicates(
    texts: Sequence[str], threshold: float, shingles_of: Shingles = character_shingles
) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, of texts whose shingles have at least this Jaccard similarity, sorted.

    Texts that are equal but for case and white space are not among them: they are the same text.
    """
    from datasketch import MinHashLSH  # brings much of scipy along, which other domains would wait for

    shingles = [shingles_of(normalized(text)) for text in texts]
    index = MinHashLSH(threshold=max(threshold - _SLACK, 0.1), num_perm=_HASHES, weights=_WEIGHTS)
    found = []
    for number, sketch in enumerate(_sketches(shingles)):
        for other in index.query(sketch):
            if shingles[other] != shingles[number] and _jaccard(shingles[other], shingles[number]) >= threshold:
                found.append((other, number))
        index.insert(number, sketch)
    return sorted(found)


def _sketches(shingles: Sequence[frozenset[bytes]]) -> Iterator["MinHash"]:
    from datasketch import MinHash

    yield from MinHash.generator((sorted(each) for each in shingles), num_perm=_HASHES, seed=1, hashfunc=crc32)


def _jaccard(one: frozenset[bytes], other: frozenset[bytes]) -> float:
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)

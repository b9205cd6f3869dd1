"""Changes and tests as rows of word counts over one vocabulary: what all lexical features are computed from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from domain_ft.prioritization.timeline import IntArray, Timeline
from domain_ft.words import words

ANY_TEST = frozenset(("test", "tests", "spec", "specs", "py", "rb", "should", "when", "the", "and"))
"""Words that say of a test or a path only that it is one."""


@dataclass(frozen=True)
class WordCounts:
    """Sparse counts (rows, vocabulary): of the changes' texts, of what they touch, of the tests, and of the tests'
    areas (the words of the first term of their texts, such as the class or module under test)."""

    changes: sparse.csr_matrix
    paths: sparse.csr_matrix
    tests: sparse.csr_matrix
    areas: sparse.csr_matrix
    vocabulary: Mapping[str, int]

    def with_rows(self, changes: Sequence[str], paths: Sequence[Sequence[str]], tests: Sequence[str]) -> "WordCounts":
        """These counts and after them those of more changes, with the paths of each, and of more tests."""
        vocabulary = dict(self.vocabulary)
        rows = (
            [words(text) for text in changes],
            [[word for path in touched for word in _telling(words(path))] for touched in paths],
            [words(text) for text in tests],
            [_area(text) for text in tests],
        )
        more = [_counts(each, vocabulary) for each in rows]
        before = (self.changes, self.paths, self.tests, self.areas)
        width = max(len(vocabulary), 1)
        both = [_below(old, _matrix(new, width), width) for old, new in zip(before, more, strict=True)]
        return WordCounts(both[0], both[1], both[2], both[3], vocabulary)


def count_words(timeline: Timeline) -> WordCounts:
    """The words of a timeline's changes and tests."""
    empty = sparse.csr_matrix((0, 0), dtype=np.float32)
    nothing = WordCounts(empty, empty, empty, empty, {})
    return nothing.with_rows(timeline.change_texts, timeline.change_paths, timeline.test_texts)


def present(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """1 for each word that a row has, how often so ever."""
    ones = matrix.copy()
    ones.data = np.ones_like(ones.data)
    return ones


def _telling(found: Iterable[str]) -> list[str]:
    return [word for word in found if word not in ANY_TEST]


def _area(text: str) -> list[str]:
    for term in text.split():
        found = _telling(words(term.split("#")[0]))
        if found:
            return found
    return []


def _counts(rows: Sequence[Sequence[str]], vocabulary: dict[str, int]) -> tuple[IntArray, IntArray]:
    """Per row its length, and the places in the vocabulary of all words in turn."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    places = np.fromiter(
        (vocabulary.setdefault(word, len(vocabulary)) for row in rows for word in row), np.int64, int(lengths.sum())
    )
    return lengths, places


def _matrix(counted: tuple[IntArray, IntArray], width: int) -> sparse.csr_matrix:
    lengths, places = counted
    pointers = np.concatenate([[0], np.cumsum(lengths)])
    matrix = sparse.csr_matrix((np.ones(len(places), np.float32), places, pointers), (len(lengths), width))
    matrix.sum_duplicates()
    return matrix


def _below(old: sparse.csr_matrix, new: sparse.csr_matrix, width: int) -> sparse.csr_matrix:
    widened = sparse.csr_matrix((old.data, old.indices, old.indptr), (old.shape[0], width))
    return sparse.csr_matrix(sparse.vstack([widened, new], format="csr"))

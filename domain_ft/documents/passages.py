"""Passages of a document: paragraphs joined or cut to a length that is worth asking about, never across sections.

A passage ends where a sentence does; only a sentence that is longer than a passage may be is cut between words.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from domain_ft.documents.document import Document, Section
from domain_ft.documents.sentences import sentences
from domain_ft.store.digests import sha256_json


@dataclass(frozen=True)
class Passage:
    """A piece of a document; its paragraphs are its lines."""

    text: str
    section: tuple[str, ...]
    line: int | None
    page: int | None

    @property
    def words(self) -> int:
        return len(self.text.split())

    @property
    def digest(self) -> str:
        """Equal for equal texts under equal headings."""
        return sha256_json([self.text, list(self.section)])


@dataclass(frozen=True)
class Passages:
    """The passages of a document, how many sections were too short to become one, and the words that stand in none."""

    passages: tuple[Passage, ...]
    too_short: int
    words_left_out: int


@dataclass(frozen=True)
class _Unit:
    """A sentence, or what of one fits, and the number of the paragraph that it stands in."""

    text: str
    paragraph: int

    @property
    def words(self) -> int:
        return len(self.text.split())


def passages_of(document: Document, least_words: int, most_words: int) -> Passages:
    """All passages of `least_words` to `most_words` words; a section with fewer words has none."""
    found: list[Passage] = []
    too_short = left_out = 0
    for section in document.sections:
        groups = _of_section(section, least_words, most_words)
        made = [_passage(section, group) for group in groups if _words(group) >= least_words]
        too_short += not made
        left_out += sum(_words(group) for group in groups if _words(group) < least_words)
        found += made
    return Passages(tuple(found), too_short, left_out)


def _of_section(section: Section, least: int, most: int) -> list[list[_Unit]]:
    """The units of a section in groups, of which those of fewer than `least` words make no passage."""
    units = [
        _Unit(part, number)
        for number, paragraph in enumerate(section.paragraphs)
        for sentence in sentences(paragraph.text)
        for part in _cut(sentence, most)
    ]
    groups = _evened(units, least, most)
    return groups if all(_words(group) >= least for group in groups) else _fullest(units, least, most)


def _fullest(units: Sequence[_Unit], least: int, most: int) -> list[list[_Unit]]:
    """Units in groups of at most `most` words, so that groups of fewer than `least` hold as few words as can be.

    Of several such divisions, one of about equally long groups. Each unit has at most `most` words.
    """
    total = _words(units)
    target = total // math.ceil(total / most)
    best = [(0, 0, 0)]  # of the units before each: the words in groups too short, unevenness, the last group's start
    for end in range(1, len(units) + 1):
        options, length = [], 0
        for start in range(end - 1, -1, -1):
            length += units[start].words
            if length > most:
                break
            lost, uneven, _ = best[start]
            options.append((lost + (length if length < least else 0), uneven + (length - target) ** 2, start))
        best.append(min(options))
    groups, end = list[list[_Unit]](), len(units)
    while end:
        start = best[end][2]
        groups.append(list(units[start:end]))
        end = start
    return groups[::-1]


def _evened(units: Sequence[_Unit], least: int, most: int) -> list[list[_Unit]]:
    """Units in groups of at most `most` words, about equally long; a rest that is too short joins one beside it."""
    total = _words(units)
    target = total / max(math.ceil(total / most), 1)
    groups: list[list[_Unit]] = []
    length = 0
    for unit in units:
        if not groups or length + unit.words > most or length >= target:
            groups.append([])
            length = 0
        groups[-1].append(unit)
        length += unit.words
    for at in range(len(groups) - 1, 0, -1):
        if (
            min(_words(groups[at]), _words(groups[at - 1])) < least
            and _words(groups[at]) + _words(groups[at - 1]) <= most
        ):
            groups[at - 1] += groups.pop(at)
    return groups


def _cut(sentence: str, most: int) -> list[str]:
    words = sentence.split()
    if len(words) <= most:
        return [sentence]
    parts = math.ceil(len(words) / most)
    size = math.ceil(len(words) / parts)
    return [" ".join(words[at : at + size]) for at in range(0, len(words), size)]


def _passage(section: Section, units: Sequence[_Unit]) -> Passage:
    text = units[0].text
    for before, unit in itertools.pairwise(units):
        text += (" " if unit.paragraph == before.paragraph else "\n") + unit.text
    first = section.paragraphs[units[0].paragraph]
    return Passage(text, section.path, first.line, first.page)


def _words(units: Sequence[_Unit]) -> int:
    return sum(unit.words for unit in units)

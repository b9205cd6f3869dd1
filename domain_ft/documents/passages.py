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
    """The passages of a document, and how many sections were too short to become one."""

    passages: tuple[Passage, ...]
    too_short: int


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
    too_short = 0
    for section in document.sections:
        made = _of_section(section, least_words, most_words)
        too_short += not made
        found += made
    return Passages(tuple(found), too_short)


def _of_section(section: Section, least: int, most: int) -> list[Passage]:
    units = [
        _Unit(part, number)
        for number, paragraph in enumerate(section.paragraphs)
        for sentence in sentences(paragraph.text)
        for part in _cut(sentence, most)
    ]
    groups = [group for group in _evened(units, least, most) if _words(group) >= least]
    return [_passage(section, group) for group in groups]


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

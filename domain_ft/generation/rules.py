"""Pairs of a document by rules: the questions of its headings and sentences, each with its passage and a near one.

The same document gives the same pairs. What no rule can make a whole question of is counted and left alone.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain_ft.documents.document import Document
from domain_ft.documents.passages import Passage
from domain_ft.documents.sentences import sentences
from domain_ft.generation.english import Spelling
from domain_ft.generation.heading_questions import Asked, heading_question
from domain_ft.generation.near_passages import NearPassages
from domain_ft.generation.rows import MadePair
from domain_ft.generation.sentence_questions import sentence_question
from domain_ft.texts.text_rules import has_dot_leaders, has_page_marker, is_mojibake, is_template_query
from domain_ft.words import normalized

RULES_MAKER = "rules"
_MOST_OF_A_PASSAGE = 3
_FEWEST_PROSE = 0.6
"""Share of letters among what is no space: below it a passage is code, figures or a table."""


@dataclass(frozen=True)
class MadePairs:
    """Pairs, and how many questions were refused by reason."""

    pairs: tuple[MadePair, ...]
    refused: Counter[str]


def pairs_by_rules(document: Document, passages: Sequence[Passage]) -> MadePairs:
    """All pairs of a document, in the order of its passages."""
    spelling, near = Spelling(document), NearPassages(passages)
    pairs: list[MadePair] = []
    refused: Counter[str] = Counter()
    told: set[str] = set()
    for number, passage in enumerate(passages):
        made = 0
        for asked in _asked(passages, number, spelling):
            why = _refusal(asked.text, passage.text, told)
            if why is None and made == _MOST_OF_A_PASSAGE:
                why = "enough_of_passage"
            if why:
                refused[why] += 1
                continue
            made += 1
            told.add(normalized(asked.text))
            negative = near.negative(asked.text, number)
            pairs.append(MadePair(asked.text, passage, RULES_MAKER, negative=negative, rule=asked.rule))
    return MadePairs(tuple(pairs), refused)


def _asked(passages: Sequence[Passage], number: int, spelling: Spelling) -> Iterator[Asked]:
    """The questions of a passage: that of its heading where it is the first under it, then those of its sentences."""
    passage = passages[number]
    first = number == 0 or passages[number - 1].section != passage.section
    if first and passage.section and (asked := heading_question(passage.section[-1], spelling)):
        yield asked
    for paragraph in passage.text.split("\n"):
        for sentence in sentences(paragraph):
            if asked := sentence_question(sentence):
                yield asked


def _refusal(question: str, passage: str, told: set[str]) -> str | None:
    """Why a question is not asked of a passage, or None."""
    if is_template_query(question):
        return "template_query"
    if normalized(question) in told:
        return "repeated"
    if has_dot_leaders(passage) or has_page_marker(passage):
        return "passage_of_contents"
    if is_mojibake(question) or is_mojibake(passage):
        return "mojibake"
    letters, shown = sum(letter.isalpha() for letter in passage), len("".join(passage.split()))
    return "passage_not_prose" if letters < _FEWEST_PROSE * shown else None

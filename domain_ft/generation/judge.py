"""Which questions and answers become rows: each rule refuses for one reason, and is counted by it.

A model may say anything; what it says is believed only as far as the passage holds it.
"""

import re
from typing import Literal

from domain_ft.generation.answers import AnsweredPair
from domain_ft.generation.word_lists import listed_words
from domain_ft.words import normalized, words

Refusal = Literal[
    "no_question", "question_too_short", "question_too_long", "about_the_text", "answer_empty",
    "answer_repeats_question", "not_grounded", "repeated",
]  # fmt: skip
_FEWEST_WORDS, _MOST_WORDS = 4, 40
_TEXT = (
    r"(?:passage|text|excerpt|paragraph|context|document|paper|article|study|section|chapter|figure|table|snippet)s?"
)
_ABOUT_TEXT = re.compile(
    rf"\b(?:this|provided|given|above)\s+{_TEXT}\b"
    rf"|\bthe\s+{_TEXT}(?=\s*[?.,;:]|['’]s|\s+(?:does|do|did|is about|above|below|say|describ|mention|state"
    r"|report|show|discuss|present|propos|find|suggest|claim|refer|explain|list|provid|giv|conclud|focus|mean))"
    r"|\b(?:the|these|this) (?:present |current )?(?:authors?|researchers|writers?)\b"
    r"|\b(?:mentioned|described|discussed|shown|stated|given|listed)\s+(?:above|below|here)\b"
    r"|\b(?:figure|fig\.|table|section|equation)\s+[0-9]",
    re.IGNORECASE,
)
"""Words that point to a text which whoever asks does not see; a `paper feeder` is a thing."""
COMMON = frozenset(listed_words("common"))
"""Words that say nothing of what a text is about."""


def refusal(pair: AnsweredPair, passage: str, least_grounded: float) -> Refusal | None:
    """Why a pair is no row, or None where it is one."""
    question, answer = pair.question, pair.answer
    count = len(question.split())
    if not question.endswith("?") or not question[:1].isalnum():
        return "no_question"
    if count < _FEWEST_WORDS:
        return "question_too_short"
    if count > _MOST_WORDS:
        return "question_too_long"
    if _ABOUT_TEXT.search(question):
        return "about_the_text"
    if not any(map(str.isalnum, answer)):
        return "answer_empty"
    if normalized(answer.rstrip("?. ")) == normalized(question.rstrip("?. ")):
        return "answer_repeats_question"
    return None if grounded(answer, passage) >= least_grounded else "not_grounded"


def grounded(answer: str, passage: str) -> float:
    """The share of an answer's words, but for common ones, that a passage holds; 1 where it has common ones alone.

    A word counts as held in another form, too: equal but for an ending of up to three letters.
    """
    said = [word for word in words(answer) if word not in COMMON]
    held = set(words(passage))
    stems = {_stem(word) for word in held}
    return sum(word in held or _stem(word) in stems for word in said) / len(said) if said else 1.0


def overlap(question: str, passage: str) -> float:
    """The share of a question's words, but for common ones, that its passage holds: near 1 any word search finds it."""
    asked = {word for word in words(question) if word not in COMMON}
    return len(asked & set(words(passage))) / len(asked) if asked else 0.0


def _stem(word: str) -> str:
    if word.isdigit() or len(word) < 5:
        return word
    return re.sub(r"(?:ing|ies|ed|es|ly|s|e|y)$", "", word)

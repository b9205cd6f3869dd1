"""Sentences of a manual as the questions that they answer: definitions, purposes, what to do when, what not to do.

Each rule knows one form of sentence and turns it by moving its own words, so that what comes out is a sentence again.
"""

import re

from domain_ft.generation.english import (
    DETERMINERS,
    PREPOSITIONS,
    as_ones_own,
    base_of_gerund,
    is_base_verb,
    is_plural,
    is_telegraphic,
    is_word,
    lemmas,
)
from domain_ft.generation.heading_questions import Asked
from domain_ft.generation.word_lists import listed_words

_DEFINITION = re.compile(
    r"^(?P<thing>(?:An?|The) (?:[\w-]+ ){0,3}[\w-]+|[A-Z][\w-]*(?: [A-Z][\w-]*){0,2}) (?P<be>is|are) "
    r"(?P<rest>(?:an?|the|any|one of|devices?|parts?|components?|tools?)\b .+)$"
)
_PURPOSE = re.compile(r"^(?P<thing>(?:An?|The) (?:[\w-]+ ){0,4}[\w-]+) (?P<be>is|are) used (?:to|for) .+$")
_CONDITION = re.compile(r"^(?P<when>If|When) (?P<clause>[^,;:]{8,90}), (?P<then>.+)$")
_FORBIDDEN = re.compile(
    r"^(?:(?:WARNING|CAUTION|DANGER|NOTICE|Warning|Caution|Danger|Notice)\s*[:!.–-]?\s*)?"
    r"(?:Do not|Don['’]t|Never|DO NOT|NEVER) (?P<act>.+)$"
)
_MUST = re.compile(r"^(?:you (?:must|should|need to|have to|can)|please|then|first)\s+", re.IGNORECASE)
_POINTS = re.compile(
    r"\b(?:this|these|those|it|they|following|above|below|such|here|former|latter|that|there|we|our|us)\b",
    re.IGNORECASE,
)
_ODD = re.compile(r"[|=<>{}\[\]\\_@*#$^~`\"“”():/]|[0-9]{4,}|\.\S")
_LIST = re.compile(r"^\S+ (?:and|or) |^\S+, ")
"""What goes on with a list (`a major, minor, and patch version`) and is nothing to do."""
_MOST_WORDS, _FEWEST_WORDS = 16, 3
_EMPTY = frozenset(listed_words("empty_names"))
_JOINING = frozenset(listed_words("joining"))
_LIMITS = frozenset(listed_words("limits"))
"""Words that say when it may be done after all: without the `not` they would ask for something else."""
_SUBJECTS = frozenset(listed_words("subjects"))
_STEP = re.compile(r"^(?:[0-9]{1,3}[.)]|[•▪*–-]|[Ss]tep [0-9]+[.:]?)\s+")


def sentence_question(sentence: str) -> Asked | None:
    """The question that a sentence answers; None where it has none of the forms."""
    text = _STEP.sub("", sentence).strip()
    if not text.endswith((".", "!")) or len(text.split()) > 60:
        return None
    for rule, make in (
        ("purpose", _purpose),
        ("definition", _definition),
        ("condition", _condition),
        ("forbidden", _forbidden),
    ):
        made = make(text.rstrip(".! "))
        if made:
            return Asked(f"{made}?", rule)
    return None


def _definition(text: str) -> str | None:
    found = _DEFINITION.match(text)
    if not found or not _names(found["thing"], found["be"]) or len(found["rest"].split()) < 5:
        return None
    return f"What {found['be']} {_inside(found['thing'])}"


def _purpose(text: str) -> str | None:
    found = _PURPOSE.match(text)
    if not found or not _names(found["thing"], found["be"]):
        return None
    return f"What {found['be']} {_inside(found['thing'])} used for"


def _names(thing: str, be: str) -> bool:
    """Whether words name a thing that a question can be about without more being said."""
    words = thing.split()
    low = [word.lower() for word in words]
    if _POINTS.search(thing) or _EMPTY & set(low) or set(low[1:]) & (PREPOSITIONS | {"and", "or", "not"} | DETERMINERS):
        return False
    if low[0] in DETERMINERS:
        return len(words) > 1 and "NOUN" in lemmas(low[-1]) and not (low[0] in ("a", "an") and be == "are")
    if low[0] in _JOINING:
        return False
    return be == "is" and (any(letter.isupper() for letter in words[0][1:]) or not is_word(low[0]))


def _condition(text: str) -> str | None:
    found = _CONDITION.match(text)
    if not found or _POINTS.search(found["clause"]) or _ODD.search(found["clause"]):
        return None
    clause, then = found["clause"].split(), _MUST.sub("", found["then"])
    told = then.split()[0].lower().strip(",") if then.split() else ""
    imperative = is_base_verb(told) and told not in ("be", "have", "can", "will")
    if not imperative or not _FEWEST_WORDS <= len(clause) <= _MOST_WORDS or not _says(clause):
        return None
    if _LIST.match(then):
        return None
    doing = base_of_gerund(clause[0]) is not None and clause[1].lower() in DETERMINERS  # `passing a string`
    named = clause[0].lower() in DETERMINERS | _SUBJECTS or is_plural(clause[0])
    if not (named or doing) and clause[0].islower():
        clause = ["the", *clause]
    if is_telegraphic(clause):
        return None
    mine = as_ones_own(" ".join(clause))
    return f"What should I do {found['when'].lower()} {mine}"


def _says(clause: list[str]) -> bool:
    """Whether a clause has who and what: it begins with a noun's part, and a verb follows."""
    first = clause[0].lower()
    begins = (
        first in DETERMINERS or first in ("you", "i", "there") or clause[0][:1].isupper() or "NOUN" in lemmas(first)
    )
    verbs = [
        word for word in clause[1:] if {"VERB", "AUX"} & set(lemmas(word.lower())) or word.lower() in ("is", "are")
    ]
    return begins and bool(verbs)


def _forbidden(text: str) -> str | None:
    found = _FORBIDDEN.match(text)
    if not found:
        return None
    act = re.split(r"[.;,](?=\s|$)| as | because | since |, or ", found["act"])[0].split()
    if (
        not act
        or _LIMITS & set(act)
        or not is_base_verb(act[0].lower())
        or act[0].lower() in ("be", "have", "let", "do")
    ):
        return None
    if not _FEWEST_WORDS <= len(act) <= _MOST_WORDS or _POINTS.search(" ".join(act)) or _ODD.search(" ".join(act)):
        return None
    if is_telegraphic(act[1:]):
        return None
    mine = as_ones_own(" ".join([act[0].lower(), *act[1:]]))
    return f"Is it safe to {mine}" if re.match(r"(?i)warning|caution|danger", text) else f"May I {mine}"


def _inside(thing: str) -> str:
    """A thing's name in the middle of a sentence."""
    first, *rest = thing.split()
    return " ".join([first.lower() if first.lower() in DETERMINERS else first, *rest])

"""A heading as the question that its section answers: `Replacing the oil filter` -> `How do I replace the oil filter?`

Only what can be made a whole sentence becomes one. `Operating instructions` begins with a gerund and names a thing,
`Brake fluid` begins with a verb and names a thing: where the words leave that open, no question is made.
"""

import re
from dataclasses import dataclass

from domain_ft.generation.english import (
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    Spelling,
    as_ones_own,
    base_of_gerund,
    is_base_verb,
    is_only_verb,
    is_plural,
    is_word,
    lacks_article,
    lemmas,
)
from domain_ft.generation.word_lists import listed_words

_NUMBER = re.compile(
    r"^(?:[A-Z]\.)?[0-9]+(?:[.-][0-9]+)*[.):]?\s*[-–—:]?\s+"
    r"|^(?:chapter|section|part|appendix|step)\s+[0-9A-Z]+\s*[-–—:.]?\s+",
    re.I,
)
_TAIL = re.compile(
    r"\s*(?:\((?:continued|cont'?d\.?|optional|if equipped|[A-Z]{2,6})\)|[-–—:]\s*continued|[:.;,])\s*$", re.I
)
_ODD = re.compile(r"[|=<>{}\[\]\\_@*#$%^~`\"“”;/?!]|\.{2,}|[0-9]{4,}|\s[-–—]\s")
_QUESTION = re.compile(r"^(?:how|what|why|when|where|which|who|can|do|does|is|are|should|may|will)\b.*\?$", re.I)
_POINTS = re.compile(r"\b(?:this|these|those|we|our|us|above|below|following)\b", re.I)
"""Words that mean something else to whoever does not see the page."""
_MOST_WORDS, _FEWEST_LETTERS = 10, 6

_PROCESSES = {
    noun: verb.replace("_", " ") for noun, _, verb in (each.partition("=") for each in listed_words("processes"))
}
"""Nouns of what is done to a thing, and the verb that does it."""
_OPEN_PROCESSES = frozenset(listed_words("open_processes"))
"""Of them those that name a thing as often (`electrical connection`): only `... of the X` asks how to do it."""
_ATTRIBUTES = frozenset(listed_words("attributes"))
"""What a thing has, so that one asks for it: `What is the oil capacity?`"""
_NOUN_AFTER_GERUND = frozenset(listed_words("things_named_by_gerunds"))
_AMOUNTS = frozenset(listed_words("amounts"))
_MASS_ENDINGS = ("ity", "ware", "ness")
_GENERIC = frozenset(listed_words("generic_headings"))


@dataclass(frozen=True)
class Asked:
    """A question, and the rule that made it."""

    text: str
    rule: str


def heading_question(heading: str, spelling: Spelling) -> Asked | None:
    """The question that a section under a heading answers; None where none can be made in whole words."""
    asks_how = heading.strip().lower().startswith("how to ")  # and is no whole sentence
    if _QUESTION.match(heading.strip()) and len(heading.split()) > 2 and not asks_how:
        if _POINTS.search(heading):
            return None
        return Asked(heading.strip()[0].upper() + heading.strip()[1:], "asked")
    clean = _clean(heading.strip().rstrip("?") if asks_how else heading)
    if clean is None:
        return None
    words = [_first(clean[0], spelling), *map(spelling.lowered, clean[1:])]
    for rule, make in (
        ("how_to", _how_to), ("gerund", _gerund), ("imperative", _imperative), ("process", _process),
        ("fault", _fault), ("attribute", _attribute),
    ):  # fmt: skip
        made = make(words, spelling)
        if made:
            said = as_ones_own(f"{made[0].upper()}{made[1:]}")
            return None if lacks_article(said.split()) else Asked(f"{said}?", rule)
    return None


def _first(word: str, spelling: Spelling) -> str:
    """The first word of a heading, which is a capital for its place alone where it is a verb or a process."""
    lower = word.lower()
    if base_of_gerund(lower) or is_base_verb(lower) or lower in _PROCESSES or lower in DETERMINERS | {"how", "to"}:
        return lower
    return spelling.lowered(word)


def _clean(heading: str) -> list[str] | None:
    """The words of a heading without number and tail; None where they are no words to make a sentence of."""
    text = _NUMBER.sub("", heading.strip())
    while (shorter := _TAIL.sub("", text)) != text:
        text = shorter
    words = text.replace("&", "and").split()
    letters = sum(letter.isalpha() for letter in text)
    if not 2 <= len(words) <= _MOST_WORDS or letters < _FEWEST_LETTERS or _ODD.search(text):
        return None
    if letters < 0.75 * len(text.replace(" ", "")) or "," in text or ":" in text or text.count("(") != text.count(")"):
        return None
    if not all(word.lstrip("(")[:1].isalnum() for word in words) or words[-1].lower() in PREPOSITIONS:
        return None
    known = sum(is_word(word.strip("()'’").lower()) for word in words)
    return words if known * 2 >= len(words) else None


def _how_to(words: list[str], spelling: Spelling) -> str | None:
    if words[:2] == ["how", "to"] and len(words) > 3 and is_base_verb(words[2]):
        return f"how do I {_object(words[2:3], words[3:], spelling)}"
    if words[0] == "to" and len(words) > 2 and is_base_verb(words[1]):
        return f"how do I {_object(words[1:2], words[2:], spelling)}"
    return None


def _gerund(words: list[str], spelling: Spelling) -> str | None:
    verb, rest = base_of_gerund(words[0]), words[1:]
    if verb is None or not rest or (rest[-1].lower() in _NOUN_AFTER_GERUND and not _opens(rest)):
        return None
    second = base_of_gerund(rest[1]) if rest[0] == "and" and len(rest) > 2 else None
    if second:
        return f"how do I {_object([verb, 'and', second], rest[2:], spelling)}"
    if rest[0].lower() in PRONOUNS | {"of", "and", "or", "versus"}:  # what is done, and by whom, is open
        return None
    named_thing = "NOUN" in lemmas(words[0]) or "ADJ" in lemmas(words[0])
    if not _opens(rest) and not is_plural(rest[-1]) and (named_thing or not _is_object(rest)):
        return None
    return f"how do I {_object([verb], rest, spelling)}"


def _opens(words: list[str]) -> bool:
    """Whether words begin as what is done to a thing does, and no part of a thing's name."""
    return (
        words[0].lower() in DETERMINERS or words[0].lower() in PREPOSITIONS or words[0] in ("up", "out", "off", "down")
    )


def _is_object(words: list[str]) -> bool:
    """Whether words name a thing that something is done to: the last before a preposition is a noun."""
    head = _head(words)
    return "NOUN" in lemmas(head.lower()) or not is_word(head.lower())


def _imperative(words: list[str], spelling: Spelling) -> str | None:
    verb, rest = words[0], words[1:]
    if not is_base_verb(verb) or verb in ("can", "be", "have", "do", "will", "may", "must"):
        return None
    if rest[0] in DETERMINERS:
        return f"how do I {_object([verb], rest, spelling)}"
    known = len(rest) > 1 or is_plural(rest[0]) or spelling.is_name(rest[0])  # `Commit queue` is a thing
    if not is_only_verb(verb) or not known or rest[0] in PREPOSITIONS | {"and", "or"} or rest[-1] in _NOUN_AFTER_GERUND:
        return None
    return f"how do I {_object([verb], rest, spelling)}" if _is_object(rest) else None


def _process(words: list[str], spelling: Spelling) -> str | None:
    lower = [word.lower() for word in words]
    if lower[0] in _PROCESSES and len(words) > 2 and lower[1] == "of":
        return f"how do I {_object(_PROCESSES[lower[0]].split(), words[2:], spelling)}"
    if len(words) > 3 and lower[-2] in ("and", "or") and lower[-1] in _PROCESSES and lower[-3] in _PROCESSES:
        verbs = [_PROCESSES[lower[-3]], lower[-2], _PROCESSES[lower[-1]]]
        return f"how do I {_object(' '.join(verbs).split(), words[:-3], spelling)}"
    if lower[-1] not in _PROCESSES or lower[-1] in _OPEN_PROCESSES or not _is_thing(words[:-1]):
        return None
    if len(words) == 2 and "ADJ" in lemmas(lower[0]):  # `Local setup` sets up no local
        return None
    return f"how do I {_object(_PROCESSES[lower[-1]].split(), words[:-1], spelling)}"


_FAULT = re.compile(
    r"^(?P<thing>.+?) (?P<fails>(?:(?:does|do|will|can) not|doesn['’]t|don['’]t|won['’]t|cannot|fails? to) .+)$"
)


def _fault(words: list[str], spelling: Spelling) -> str | None:
    found = _FAULT.match(" ".join(words))
    if not found or not _is_thing(found["thing"].split()):
        return None
    return f"what should I do if {_thing(found['thing'].split(), spelling)} {found['fails']}"


def _attribute(words: list[str], spelling: Spelling) -> str | None:
    asked, of = _head(words).lower(), " ".join(words).lower()
    if (
        "and" in words
        or asked not in _ATTRIBUTES
        or not _is_thing(_before_preposition(words))
        or of.split()[0] in _GENERIC
    ):
        return None
    if len(_before_preposition(words)) < 2 and len(words) < 3:
        return None
    return f"what {'are' if is_plural(asked) else 'is'} {_thing(words, spelling)}"


def _is_thing(words: list[str]) -> bool:
    """Whether words may name one thing: nouns, adjectives and names, with a preposition at most."""
    if not words or words[0].lower() in PREPOSITIONS or words[-1].lower() in PREPOSITIONS | DETERMINERS:
        return False
    head = _head(words).lower()
    kinds = [set(lemmas(word.lower())) for word in words]
    verbs = [kind for kind in kinds if kind and kind <= {"VERB", "AUX"}]
    return ("NOUN" in lemmas(head) or not is_word(head)) and not verbs and head not in _GENERIC


def _before_preposition(words: list[str]) -> list[str]:
    at = next((at for at, word in enumerate(words) if at and word.lower() in PREPOSITIONS), len(words))
    return words[:at]


def _head(words: list[str]) -> str:
    """The noun that words are about: the last one before a preposition."""
    return _before_preposition(words)[-1]


def _object(verb: list[str], words: list[str], spelling: Spelling) -> str:
    """A verb with what it is done to, which has an article unless it is a name, a mass or many."""
    if _opens(words):
        return " ".join([*verb, *words])
    several = is_plural(_head(words)) or _head(words).endswith(_MASS_ENDINGS)
    return " ".join([*verb, *words] if several else [*verb, _thing(words, spelling)])


def _thing(words: list[str], spelling: Spelling) -> str:
    first = words[0]
    alone = len(_before_preposition(words)) == 1 or words[1].lower() in ("and", "or")
    named = spelling.is_name(first) or (not is_word(first) and not is_plural(first))
    bare = first.lower() in DETERMINERS | _AMOUNTS or (named and (alone or first.endswith(("'s", "’s"))))
    return " ".join(words if bare else ["the", *words])

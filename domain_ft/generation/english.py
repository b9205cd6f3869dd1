"""English words as rules need them: which are verbs, their plain forms, which nouns are plural, which are names.

Forms come from LemmInflect's tables; how a word is written in the middle of sentences comes from the document itself,
which alone knows its names and abbreviations.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from domain_ft.documents.document import Document
from domain_ft.documents.sentences import sentences
from domain_ft.generation.word_lists import listed_words

DETERMINERS = frozenset(listed_words("determiners"))
PREPOSITIONS = frozenset(listed_words("prepositions"))
PRONOUNS = frozenset(listed_words("pronouns"))
_JOINING = DETERMINERS | PREPOSITIONS | PRONOUNS | frozenset(listed_words("common"))
_MASS = frozenset(listed_words("masses"))
"""Nouns that stand without an article."""
_WORD = re.compile(r"[^\W_][\w'’./-]*")
_TITLE = re.compile(r"[“\"][A-Z][^“”\"]{11,}[”\"]")
"""What stands in quotes and is as long as a title: its capitals are no names."""
_PLURAL_ALIKE = frozenset(listed_words("singular_in_s"))


@lru_cache(maxsize=1 << 14)
def lemmas(word: str) -> dict[str, tuple[str, ...]]:
    """The plain forms of a word by its part (NOUN, VERB, ADJ, ADV, ...); empty where it is not in the tables."""
    from lemminflect import getAllLemmas

    found: dict[str, tuple[str, ...]] = getAllLemmas(word)
    return found


def is_word(word: str) -> bool:
    """Whether it is an English word, in whatever form; the tables leave out those that only join others."""
    lower = word.lower()
    return lower in _JOINING or bool(lemmas(lower))


def base_of_gerund(word: str) -> str | None:
    """`replacing` -> `replace`; None where a word is not that form of a verb."""
    if not word.endswith("ing"):
        return None
    verbs = lemmas(word).get("VERB", ())
    if not verbs or verbs[0] == word:
        return None
    return verbs[0].removesuffix("me") if verbs[0].endswith("mme") else verbs[0]  # `programme` is the noun


def is_base_verb(word: str) -> bool:
    """Whether a word is the plain form of a verb, whatever else it may be."""
    return word in lemmas(word).get("VERB", ())


def is_only_verb(word: str) -> bool:
    """Whether a word is a verb's plain form and nothing that begins a thing's name: `remove`, not `test`."""
    found = lemmas(word)
    return word in found.get("VERB", ()) and not {"NOUN", "ADJ"} & set(found)


def is_plural(word: str) -> bool:
    """Whether a noun is a plural: `pads`, `specifications`."""
    lower = word.lower()
    if lower in _PLURAL_ALIKE or lower.endswith(("ss", "us", "is")):
        return False
    nouns = lemmas(lower).get("NOUN", ())
    return (bool(nouns) and lower not in nouns) or (not lemmas(lower) and lower.endswith("s") and len(lower) > 3)


def as_ones_own(text: str) -> str:
    """Words said to someone, as that one says them."""
    for said, mine in ((r"you are", "I am"), (r"yourself", "myself"), (r"your", "my")):
        text = re.sub(rf"\b{said}\b", mine, text)
    words = re.split(r"\b", text)
    for at, word in enumerate(words):
        if word == "you":
            words[at] = "me" if _is_given(words, at) else "I"
    return "".join(words)


def _is_given(words: Sequence[str], at: int) -> bool:
    """Whether something is done to whom is named here: after a preposition, or after what is only a verb."""
    before = words[at - 2].lower() if at > 1 else ""
    return before in PREPOSITIONS or set(lemmas(before)) == {"VERB"}


def is_telegraphic(words: Sequence[str]) -> bool:
    """Whether words leave out articles (`tank to top of filler neck`), as tables and old manuals do.

    A noun in the singular at the beginning, or after a preposition, needs an article unless it is a name, or names a
    mass. Also true where a word is none that the tables or capitals know.
    """
    if any(word.islower() and word.isalpha() and len(word) > 2 and not is_word(word) for word in words):
        return True
    return _is_bare(words, 0) or lacks_article(words)


def lacks_article(words: Sequence[str]) -> bool:
    """Whether a noun in the singular follows a preposition at once: `retrieving the type of expression`."""
    starts = [at + 1 for at, word in enumerate(words) if word.lower() in PREPOSITIONS]
    return any(_is_bare(words, start) for start in starts if start < len(words))


def _is_bare(words: Sequence[str], start: int) -> bool:
    """Whether a singular noun begins here that has no article."""
    head = None
    for word in words[start:]:
        lower = word.lower().strip(",")
        if lower in DETERMINERS | PRONOUNS | PREPOSITIONS | {"and", "or", "not", "to", "is", "are"}:
            break
        kinds = set(lemmas(lower))
        if "NOUN" not in kinds and not kinds & {"ADJ"}:
            break
        head = word
    if head is None or "NOUN" not in lemmas(head.lower()):
        return False
    return head.islower() and not is_plural(head) and head not in _MASS and not head.endswith("ing") and head.isalpha()


class Spelling:
    """How a document writes words in the middle of its sentences."""

    def __init__(self, document: Document) -> None:
        self._as_written: Counter[str] = Counter()
        for paragraph in document.paragraphs:
            for sentence in sentences(paragraph.text):
                found = _WORD.findall(_TITLE.sub(" ", sentence))
                self._as_written.update(found[1:])

    def lowered(self, word: str) -> str:
        """A word of a heading as it stands in a sentence: small, unless the document, or no dictionary, knows it so."""
        lower = word.lower()
        inner = word[1:] != word[1:].lower() and not word.isupper()
        if word == lower or inner or any(letter.isdigit() for letter in word):
            return word
        written, small = self._as_written[word], self._as_written[lower]
        if word.isupper() and len(word) > 1:
            capital = self._as_written[word.capitalize()]
            if written > small and len(word) <= 6 and written > capital:
                return word
            if capital > small and not is_word(lower):
                return word.capitalize()
            return lower if small or is_word(lower) else word
        return lower if small > 2 * written or (not written and is_word(lower)) else word

    def is_name(self, word: str) -> bool:
        """Whether a word is a name or an abbreviation that takes no article: `Ubuntu`, `Cargo`."""
        word = word.removesuffix("'s").removesuffix("’s")
        inner = any(letter.isupper() or letter.isdigit() for letter in word[1:]) and not is_word(word.lower())
        return inner or (word[:1].isupper() and self._as_written[word.lower()] < self._as_written[word])

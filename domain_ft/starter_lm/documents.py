"""The text that the starter base model reads: notes, lists and YAML about made-up products, and questions on them.

It has seen the words of the packaged grammar and its sentences, but never about a product that the grammar can make,
and never in the form that adapters are trained on: its YAML has other keys and other ids. It knows turns, the end of
an answer, and that names, things and figures are taken from the question.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from domain_ft.llm.protocol import Message
from domain_ft.requirements.grammar import Sentences, load_grammar
from domain_ft.starter_lm.phrases import load_phrases
from domain_ft.starter_lm.products import invented_word, made_up_product, word_of_lists

_PLAIN, _SYSTEM, _TOLD_FORM = 0.2, 0.7, 0.7
"""Shares of documents that are no conversation, of conversations that begin with a system's turn, and of questions for
YAML that say in which form."""
_KEYS = (
    ("needs", "wishes", "jobs", "does"),
    ("qualities", "promises", "how_well"),
    ("limits", "bounds", "musts"),
)  # fmt: skip
_IDS = ("req-{}", "R{}", "need_{}", "item {}", "a{}")
_RANKS = ("must", "should", "could")
_Written = Callable[[list[str], str, Random], Iterator[str]]
"""How the sentences of a list are written: with ids, and ranks by chance."""


@dataclass(frozen=True)
class Document:
    """A conversation, or plain text where there are no messages."""

    messages: tuple[Message, ...] = ()
    text: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """What is read of it: what each turn says, or the plain text."""
        return tuple(each.content for each in self.messages) or (self.text,)


@dataclass(frozen=True)
class _Case:
    """A made-up product, and sentences about it in three lists."""

    slots: dict[str, Any]
    lists: tuple[list[str], ...]

    def said(self, template: str) -> str:
        return template.format(**self.slots)


@dataclass(frozen=True)
class _Form:
    """One of the forms in which the needs of a product stand as YAML."""

    first: str
    """The key of the product's name."""
    more: tuple[str, ...]
    keys: tuple[str, ...]
    """Those of the three lists."""
    ids: str
    written: _Written

    @property
    def in_words(self) -> str:
        """What asks for this form."""
        keys = f"{', '.join((self.first, *self.more, *self.keys[:-1]))} and {self.keys[-1]}"
        first, second = self.ids.format(1), self.ids.format(2)
        items: dict[_Written, str] = {
            _bullets: "Each of the three is a list of sentences.",
            _keyed: f"Each of the three holds sentences by their keys: {first}, {second} and so on.",
            _ranked: f"Each of the three is a list of items with key, text and rank. Keys count from {first}. "
            "A rank is must, should or could.",
        }
        return f"Answer with YAML alone: {keys}. {items[self.written]}"


def documents(seed: int, drills: float) -> Iterator[Document]:
    """Documents without end, the same for the same seed; `drills` is the share that asks for words again."""
    random = Random(seed)
    while True:
        if random.random() < drills:
            yield _drill(random)
        elif random.random() < _PLAIN:
            yield Document(text=_plain(random))
        else:
            yield random.choice(_CONVERSATIONS)(random)


def _drill(random: Random) -> Document:
    """Words to be said again, or one question on a product."""
    return _words_again(random) if random.random() < 0.5 else _question(random)


def _words_again(random: Random) -> Document:
    """The same words, joined as they were or otherwise: so a word is known again where a line begins, and within it."""
    phrases = load_phrases()
    makers: tuple[Callable[[Random], str], ...] = (invented_word, word_of_lists, _word_of_phrases)
    words = [random.choice(makers)(random) for _ in range(random.randint(3, 16))]
    words = [word.capitalize() if random.random() < 0.3 else word for word in words]
    given, wanted = random.sample(list(phrases.joints), 2)
    ask = random.choice(phrases.asks.join).format(joint=wanted)
    if random.random() < 0.5:
        ask, wanted = random.choice(phrases.asks.repeat), given
    asked = f"{ask}\n\n{phrases.joints[given].join(words)}"
    return _conversation(random, asked, phrases.joints[wanted].join(words), system=False)


def _word_of_phrases(random: Random) -> str:
    return random.choice(load_phrases().words)


def _plain(random: Random) -> str:
    if random.random() < 0.4:
        facts = load_phrases().facts
        return " ".join(random.sample(facts, random.randint(2, 6)))
    case = _case(random)
    return f"{_concept(case, random)}\n\n{_prose(case, random)}"


def _question(random: Random) -> Document:
    case = _case(random)
    question, answer = random.choice(load_phrases().questions)
    return _conversation(random, _asked(question, _concept(case, random), random), case.said(answer))


def _as_yaml(random: Random) -> Document:
    case = _case(random)
    form = _any_form(random)
    ask = form.in_words if random.random() < _TOLD_FORM else random.choice(load_phrases().asks.yaml)
    asked = _asked(ask, _concept(case, random), random)
    return _conversation(random, asked, _yaml(case, form, random))


def _as_list(random: Random) -> Document:
    case = _case(random)
    asked = _asked(random.choice(load_phrases().asks.numbered), _concept(case, random), random)
    lines = [sentence for sentences in case.lists for sentence in sentences]
    marks = random.choice(("{}. {}", "{}) {}", "- {1}"))
    answer = "\n".join(marks.format(number, line) for number, line in enumerate(lines, 1))
    return _conversation(random, asked, f"{case.slots['product']}\n\n{answer}")


def _as_prose(random: Random) -> Document:
    case = _case(random)
    asked = _asked(random.choice(load_phrases().asks.prose), _concept(case, random), random)
    return _conversation(random, asked, _prose(case, random))


def _rewritten(random: Random) -> Document:
    """The same sentences in another form: all of the answer stands in the question."""
    case = _case(random)
    lines = "\n".join(f"{sentence}." for sentences in case.lists for sentence in sentences)
    asked = _asked(random.choice(load_phrases().asks.rewrite), f"{case.slots['product']}\n{lines}", random)
    return _conversation(random, asked, _yaml(case, _any_form(random), random))


_CONVERSATIONS: tuple[Callable[[Random], Document], ...] = (
    _as_yaml, _as_yaml, _as_yaml, _as_list, _as_prose, _rewritten, _question,
)  # fmt: skip


def _conversation(random: Random, asked: str, answer: str, *, system: bool = True) -> Document:
    turns = [Message("user", asked), Message("assistant", answer)]
    if system and random.random() < _SYSTEM:
        told = random.choice((load_phrases().systems, load_phrases().facts))
        turns.insert(0, Message("system", " ".join(random.sample(told, random.randint(1, 2)))))
    return Document(tuple(turns))


def _asked(ask: str, about: str, random: Random) -> str:
    """What is asked before what it is about, behind it, or both."""
    return random.choice((f"{ask}\n\n{about}", f"{about}\n\n{ask}", f"For this product:\n\n{about}\n\n{ask}"))


def _case(random: Random) -> _Case:
    slots = made_up_product(random)
    counts = (random.randint(2, 6), random.randint(2, 4), random.randint(2, 3))
    found = [random.sample(pool, count) for pool, count in zip(_pools(), counts, strict=True)]
    return _Case(slots, tuple([template.format(**slots) for template in templates] for templates in found))


def _pools() -> tuple[list[str], ...]:
    """The templates of each list: those of the phrases, and those of the grammar."""
    phrases, grammar = load_phrases(), load_grammar()
    own = (phrases.needs, phrases.qualities, phrases.limits)
    given = (grammar.functional, grammar.non_functional, grammar.constraints)
    return tuple([*mine, *_templates(theirs)] for mine, theirs in zip(own, given, strict=True))


def _templates(sentences: Sentences) -> list[str]:
    return [*sentences.needs.values(), *sentences.any]


def _concept(case: _Case, random: Random) -> str:
    return case.said(random.choice((*load_phrases().concepts, load_grammar().concept)))


def _prose(case: _Case, random: Random) -> str:
    summary = case.said(random.choice((*load_phrases().summaries, load_grammar().description)))
    sentences = [f"{sentence}." for sentences in case.lists for sentence in sentences[:3]]
    return " ".join((summary, *sentences))


def _yaml(case: _Case, form: _Form, random: Random) -> str:
    lines = [f"{form.first}: {case.slots['product']}"]
    if "for" in form.more:
        lines.append(f"for: {case.slots['audience']}")
    if "summary" in form.more:
        lines.append(f"summary: {case.said(random.choice(load_phrases().summaries))}")
    for key, sentences in zip(form.keys, case.lists, strict=True):
        lines += [f"{key}:", *form.written(sentences, form.ids, random)]
    return "\n".join(lines)


def _any_form(random: Random) -> _Form:
    return _Form(
        first=random.choice(("product", "name", "about")),
        more=tuple(key for key in ("for", "summary") if random.random() < 0.6),
        keys=tuple(random.choice(names) for names in _KEYS),
        ids=random.choice(_IDS),
        written=random.choice((_bullets, _keyed, _ranked)),
    )


def _bullets(sentences: list[str], ids: str, random: Random) -> Iterator[str]:
    return (f"- {sentence}" for sentence in sentences)


def _keyed(sentences: list[str], ids: str, random: Random) -> Iterator[str]:
    return (f"  {ids.format(number)}: {sentence}" for number, sentence in enumerate(sentences, 1))


def _ranked(sentences: list[str], ids: str, random: Random) -> Iterator[str]:
    for number, sentence in enumerate(sentences, 1):
        yield f"- key: {ids.format(number)}\n  text: {sentence}\n  rank: {random.choice(_RANKS)}"

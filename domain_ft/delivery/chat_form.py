"""How a chat template puts messages, told from what it renders: what stands before and after the words of each role.

Ollama has another language for templates. A template that puts each message by its role alone, whatever stands beside
it, can be said in both; one that does more is refused, because the model would be asked otherwise than it was trained.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from domain_ft.errors import InputError
from domain_ft.llm.protocol import Message

Render = Callable[[Sequence[Message], bool], str]
"""Messages, and whether an answer is to follow, as the chat template renders them."""
ROLES = ("system", "user", "assistant")
_WORDS = ("\x00one\x00", "\x00two\x00", "\x00three\x00", "\x00four\x00")


@dataclass(frozen=True)
class ChatForm:
    """The text before the first message, around the words of each role, and before an answer."""

    begin: str
    around: Mapping[str, tuple[str, str]]
    answer: str

    def render(self, messages: Sequence[Message], asks: bool) -> str:
        """The messages in this form."""
        turns = (f"{self.around[each.role][0]}{each.content}{self.around[each.role][1]}" for each in messages)
        return f"{self.begin}{''.join(turns)}{self.answer if asks else ''}"


def form_of(render: Render, name: str) -> ChatForm:
    """The form of a template; InputError where it does more than to put each message by its role."""
    user, system = Message("user", _WORDS[0]), Message("system", _WORDS[1])
    plain, asking = render([user], False), render([user], True)
    if plain.count(_WORDS[0]) != 1 or not asking.startswith(plain):
        raise _refused(name)
    before, after = plain.split(_WORDS[0])
    twice = render([user, Message("assistant", _WORDS[2]), Message("user", _WORDS[3])], False)
    pieces = _split(twice, (_WORDS[0], _WORDS[2], _WORDS[3]), name)
    between = render([user, Message("assistant", _WORDS[2])], False)
    last = between.rpartition(_WORDS[2])[2]
    user_before = pieces[2].removeprefix(last)
    begin = before.removesuffix(user_before)
    with_system = _split(render([system, user], False), (_WORDS[1], _WORDS[0]), name)
    form = ChatForm(
        begin,
        {
            "system": (with_system[0].removeprefix(begin), with_system[1].removesuffix(user_before)),
            "user": (user_before, after),
            "assistant": (pieces[1].removeprefix(after), last),
        },
        asking.removeprefix(plain),
    )
    if not all(form.render(told, asks) == render(told, asks) for told, asks in _TRIALS):
        raise _refused(name)
    return form


_SAID = {"system": "Be brief: one sentence.", "user": "What is\n a till?", "assistant": "title: A till"}
_TRIALS = tuple(
    ([Message(role, _SAID[role]) for role in roles], asks)  # type: ignore[arg-type]
    for roles in (
        ("user",),
        ("system", "user"),
        ("system", "user", "assistant"),
        ("user", "assistant", "user"),
        ("system", "user", "assistant", "user", "assistant", "user"),
    )
    for asks in (False, True)
    if not (asks and roles[-1] == "assistant")
)
"""Conversations that a form must put as its template does."""


def _split(text: str, words: Sequence[str], name: str) -> list[str]:
    """What stands before each word, and after the last."""
    pieces = []
    for word in words:
        if text.count(word) != 1:
            raise _refused(name)
        piece, _, text = text.partition(word)
        pieces.append(piece)
    return [*pieces, text]


def _refused(name: str) -> InputError:
    return InputError(
        f"{name}: its chat template does more than to put each message by its role, which cannot be said in Ollama's "
        "language; serve the model with its own template (transformers, vLLM)"
    )

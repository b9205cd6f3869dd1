"""What a model answers to many questions at once, always taking the likeliest token."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain_ft.adapter.chat import Chat
from domain_ft.llm.continuation import continuations

if TYPE_CHECKING:
    from peft import PeftModel

AT_ONCE = 16
"""Questions answered together."""


def just_go_on() -> None:
    """Nothing ends the answering."""


@dataclass(frozen=True)
class Answer:
    """A generated answer; `ended` where the model ended it by itself."""

    text: str
    ended: bool
    tokens: int


def generate_answers(
    model: "PeftModel",
    chat: Chat,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    at_once: int = AT_ONCE,
    check: Callable[[], None] = just_go_on,
) -> list[Answer]:
    """The answers to prompts of tokens, in their order; questions of like length are answered together.

    `check` is called before each batch, and ends the answering by raising.
    """
    order = sorted(range(len(prompts)), key=lambda place: len(prompts[place]))
    found: dict[int, Answer] = {}
    for first in range(0, len(order), at_once):
        check()
        places = order[first : first + at_once]
        asked = [prompts[place] for place in places]
        generated = continuations(model, asked, room=max_new_tokens, ends=[chat.end], pad=chat.pad)
        for place, tokens in zip(places, generated, strict=True):
            text, ended = chat.answer(tokens)
            found[place] = Answer(text, ended, tokens.index(chat.end) + 1 if ended else len(tokens))
    return [found[place] for place in range(len(prompts))]

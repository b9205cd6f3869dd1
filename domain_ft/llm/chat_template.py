"""Messages as a model's own chat template renders them: the same for training, evaluation and serving."""

from collections.abc import Sequence
from typing import Any

from domain_ft.errors import InputError
from domain_ft.llm.protocol import Message
from domain_ft.safe_text import brief

_FIXED = {"date_string": "26 Jul 2024"}
"""Some templates would put in the date of today: a training that goes on tomorrow would see other rows, and a model
would be asked otherwise than it was trained."""


def render_chat(tokenizer: Any, messages: Sequence[Message], *, asks: bool, source: object) -> str:
    """The text of the messages; where they ask, up to where the answer is to begin.

    InputError, naming the `source` of the tokenizer, where its chat template does not take them.
    """
    turns = [{"role": message.role, "content": message.content} for message in messages]
    try:
        return str(tokenizer.apply_chat_template(turns, add_generation_prompt=asks, tokenize=False, **_FIXED))
    except Exception as error:  # a template is a program, and raises what it will
        raise InputError(
            f"{source}: its chat template does not take a system message, a question and an answer "
            f"({brief(str(error), 200)}); name another model"
        ) from None

"""Messages as a model's own chat template renders them."""

from collections.abc import Sequence
from typing import Any

from domain_ft.llm.protocol import Message


def render_chat(tokenizer: Any, messages: Sequence[Message], *, asks: bool) -> str:
    """The text of the messages; where they ask, up to where the answer is to begin."""
    turns = [{"role": message.role, "content": message.content} for message in messages]
    text: str = tokenizer.apply_chat_template(turns, add_generation_prompt=asks, tokenize=False)
    return text

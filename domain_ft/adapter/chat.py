"""One template for training, evaluation and serving: a question in the model's own chat template, and its answer.

Question and answer become tokens apart, so that an answer is generated after the very tokens that it was trained after.
An answer ends with the tokenizer's end token, which is learned, and rows are padded with another one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from domain_ft.errors import InputError
from domain_ft.llm.chat_template import render_chat
from domain_ft.llm.protocol import Message
from domain_ft.requirements.prompt import DEFAULT_PROMPT, PromptTemplate

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Chat:
    """How concepts are put to a model, and what it is to answer."""

    def __init__(
        self, tokenizer: "PreTrainedTokenizerBase", source: Path, prompt: PromptTemplate = DEFAULT_PROMPT
    ) -> None:
        """InputError, naming the `source` of the tokenizer, where it has no chat template, end or padding token."""
        self.tokenizer, self._source, self._prompt = tokenizer, source, prompt
        if not tokenizer.chat_template:
            raise InputError(f"{source}: its tokenizer has no chat template; name an instruction-tuned model")
        if tokenizer.eos_token_id is None:
            raise InputError(f"{source}: its tokenizer has no end token, so no answer could end; name another")
        self.end: int = tokenizer.eos_token_id
        self.pad = self._own_pad()
        tokenizer.pad_token_id = self.pad

    def prompt_ids(self, concept: str) -> list[int]:
        """The tokens after which the answer to a concept is to come."""
        return self._ids(self._rendered(self._prompt.messages(concept), asks=True))

    def completion_ids(self, concept: str, answer: str) -> list[int]:
        """The tokens of an answer, the end token last."""
        messages = self._prompt.messages(concept)
        asked = self._rendered(messages, asks=True)
        whole = self._rendered([*messages, Message("assistant", answer)], asks=False)
        if not whole.startswith(asked) or answer.strip() not in whole[len(asked) :]:
            raise InputError(
                f"{self._source}: its chat template does not put an answer, as it stands, after the question that asks "
                "for it; name another model"
            )
        said = whole[len(asked) :]
        end = str(self.tokenizer.eos_token)
        before = said.rfind(end)
        return [*self._ids(said if before < 0 else said[:before]), self.end]

    def answer(self, ids: Sequence[int]) -> tuple[str, bool]:
        """The text of generated tokens up to the end token, and whether that came."""
        ended = self.end in ids
        kept = list(ids[: list(ids).index(self.end)]) if ended else list(ids)
        return str(self.tokenizer.decode(kept, skip_special_tokens=True)), ended

    def shown(self, ids: Sequence[int]) -> str:
        """Tokens as text, special ones too."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False))

    def _rendered(self, messages: Sequence[Message], *, asks: bool) -> str:
        return render_chat(self.tokenizer, messages, asks=asks, source=self._source)

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _own_pad(self) -> int:
        """A token for padding that no answer ends with: the tokenizer's, else one that stands for no text."""
        special = [self.tokenizer.pad_token_id, self.tokenizer.unk_token_id, *self.tokenizer.all_special_ids]
        found = next((token for token in special if token is not None and token != self.end), None)
        if found is None:
            raise InputError(
                f"{self._source}: its tokenizer has no token for padding beside its end token; give it a pad_token"
            )
        return int(found)

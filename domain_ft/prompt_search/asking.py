"""The model's answers to whatever a search asks: each is asked for once, and kept as it comes.

A search that is started again asks the same in the same order, so that it goes on where it was stopped.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any

from domain_ft.errors import DomainFtError
from domain_ft.llm.kept import KeptAnswers
from domain_ft.llm.local import LocalGenerator
from domain_ft.llm.protocol import (
    Generation,
    GenerationError,
    GenerationOptions,
    Generator,
    GeneratorUnavailableError,
    Message,
)
from domain_ft.progress import Progress
from domain_ft.store.digests import sha256_json

Answer = Mapping[str, Any]
"""Either `answer`, or `failed`: why there is none."""


class Asking:
    """A model that answers; it is loaded only where something is asked that was not answered before."""

    def __init__(
        self,
        answered: KeptAnswers,
        load: Callable[[], Generator],
        digest: str,
        batch_size: int,
        progress: Progress,
    ) -> None:
        """`digest` is that of all that the model computes with."""
        self._answered, self._load, self._digest = answered, load, digest
        self._batch_size, self._progress = batch_size, progress
        self._generator: Generator | None = None
        self._asked = set[str]()

    @property
    def questions(self) -> int:
        """Different questions that were asked for."""
        return len(self._asked)

    @property
    def unanswered(self) -> int:
        """Those of them that have no answer, such as one that is longer than the model reads."""
        return sum("failed" in self._answered[key] for key in self._asked)

    def answers(self, asked: Sequence[Sequence[Message]], options: GenerationOptions) -> list[Answer]:
        """The answer to each question, in their order; a local model is asked several at once.

        GeneratorUnavailableError where it cannot answer any more; DomainFtError where it was replaced meanwhile.
        """
        keys = [_key(messages, options) for messages in asked]
        new = {key: messages for key, messages in zip(keys, asked, strict=True) if key not in self._answered}
        left = iter(new.items())
        while batch := list(islice(left, self._batch_size)):
            for (key, _), row in zip(batch, self._ask([messages for _, messages in batch], options), strict=True):
                self._answered.keep(key, row)
                self._progress("questions", len(self._answered))
        self._asked.update(keys)
        return [self._answered[key] for key in keys]

    def _ask(self, asked: Sequence[Sequence[Message]], options: GenerationOptions) -> list[dict[str, Any]]:
        generator = self._generator = self._generator or self._loaded()
        try:
            if isinstance(generator, LocalGenerator):
                return [_row(answer) for answer in generator.generate_batch(asked, options)]
            return [_row(_alone(generator, messages, options)) for messages in asked]
        except GeneratorUnavailableError as error:
            raise GeneratorUnavailableError(f"{error}; what was answered is kept, and the same again goes on") from None

    def _loaded(self) -> Generator:
        generator = self._load()
        if isinstance(generator, LocalGenerator) and generator.digest != self._digest:
            raise DomainFtError(f"{generator.model}: was replaced meanwhile; optimize the prompt again")
        return generator


def _alone(
    generator: Generator, messages: Sequence[Message], options: GenerationOptions
) -> Generation | GenerationError:
    try:
        return generator.generate(messages, options)
    except GeneratorUnavailableError:
        raise
    except GenerationError as error:
        return error


def _row(answer: Generation | GenerationError) -> dict[str, Any]:
    if isinstance(answer, GenerationError):
        return {"failed": str(answer)}
    return {"answer": answer.text, "done_reason": answer.done_reason, "seconds": round(answer.seconds, 4)}


def _key(messages: Sequence[Message], options: GenerationOptions) -> str:
    return sha256_json([[asdict(message) for message in messages], options.model_dump(mode="json")])

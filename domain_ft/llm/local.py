"""A causal language model of transformers, run in this process, as a generator.

Only safetensors is read, and a model's own code is never run. The messages are put into the model's own chat template.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from domain_ft.amounts import human_count
from domain_ft.errors import InputError
from domain_ft.llm.causal import load_causal_model, require_known_tokens
from domain_ft.llm.chat_template import render_chat
from domain_ft.llm.protocol import (
    Generation,
    GenerationError,
    GenerationOptions,
    GeneratorUnavailableError,
    Message,
    ModelFacts,
)
from domain_ft.model_folders.digest import model_digest
from domain_ft.training.device import prepare_threads, resolve_device
from domain_ft.training.memory import is_out_of_memory


def load_generator(folder: Path, device: str = "auto") -> "LocalGenerator":
    """The model in a folder; InputError where it holds none that is whole and safe, or no chat template."""
    prepare_threads()
    import torch

    where = resolve_device(device)
    model, tokenizer = load_causal_model(folder, torch.float32)
    if not tokenizer.chat_template:
        raise InputError(f"{folder}: its tokenizer has no chat template; name an instruction-tuned model")
    size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    return LocalGenerator(model.to(where), tokenizer, folder.resolve().name, model_digest(folder), size)


class LocalGenerator:
    """A loaded model. A JSON schema is not enforced here: the question itself must say what is wanted."""

    def __init__(self, model: Any, tokenizer: Any, name: str, digest: str, size_bytes: int) -> None:
        """`digest` is that of all that the model computes with, `size_bytes` what it takes on the disk."""
        self._model, self._tokenizer, self._device = model.eval(), tokenizer, model.device
        self._name, self._digest, self._size = name, digest, size_bytes
        self._ends = _end_tokens(model, tokenizer)
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token

    @property
    def model(self) -> str:
        """Its name."""
        return self._name

    @property
    def digest(self) -> str:
        """The sha256 of what the model computes with."""
        return self._digest

    @property
    def loaded(self) -> tuple[Any, Any]:
        """The model and its tokenizer, as transformers have them."""
        return self._model, self._tokenizer

    def facts(self) -> ModelFacts:
        """What the model is."""
        count = sum(weights.numel() for weights in self._model.parameters())
        return ModelFacts(self.digest, self._size, human_count(count), "F32")

    def memory(self) -> int:
        """Bytes that its weights take."""
        return int(self._model.get_memory_footprint())

    def generate(
        self, messages: Sequence[Message], options: GenerationOptions, schema: Mapping[str, Any] | None = None
    ) -> Generation:
        """Answer; the same for the same seed.

        GenerationError where the question leaves no room for an answer; GeneratorUnavailableError where memory ran out.
        """
        (answer,) = self.generate_batch([messages], options)
        if isinstance(answer, GenerationError):
            raise answer
        return answer

    def generate_batch(
        self, asked: Sequence[Sequence[Message]], options: GenerationOptions
    ) -> list[Generation | GenerationError]:
        """Answer questions together, in their order; a question that leaves no room for an answer has its error.

        Likeliest tokens are those of each question alone, but where two are as likely to float tolerance. Draws depend
        on the questions beside. The time of a batch counts as spent by equal parts. GeneratorUnavailableError where
        memory ran out.
        """
        texts = [render_chat(self._tokenizer, messages, asks=True, source=self.model) for messages in asked]
        prompts = self._tokenizer(texts, add_special_tokens=False, verbose=False)["input_ids"]  # too long is told below
        lengths = [len(each) for each in prompts]
        require_known_tokens(self._model, {token for each in prompts for token in each}, self.model)
        rooms = [min(options.num_predict, self._context(options) - length) for length in lengths]
        fitting = [number for number, room in enumerate(rooms) if room > 0]
        answers: list[Generation | GenerationError] = [
            GenerationError(f"{self.model}: the question takes {length:,} tokens of {self._context(options):,}")
            for length in lengths
        ]
        if not fitting:
            return answers
        found, seconds = self._continued(
            [prompts[each] for each in fitting], max(rooms[each] for each in fitting), options
        )
        for number, tokens in zip(fitting, found, strict=True):
            answers[number] = self._answer(tokens, rooms[number], lengths[number], seconds / len(fitting), options)
        return answers

    def _continued(
        self, prompts: Sequence[Sequence[int]], room: int, options: GenerationOptions
    ) -> tuple[list[list[int]], float]:
        """The tokens that follow each prompt, padding included, and the seconds that all of them took."""
        import torch

        from domain_ft.llm.continuation import continuations

        stops = {"stop_strings": list(options.stop), "tokenizer": self._tokenizer} if options.stop else {}
        pad, began = self._tokenizer.pad_token_id, time.monotonic()
        with self._told_if_memory_runs_out(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(options.seed)
            found = continuations(
                self._model, prompts, room=room, ends=self._ends, pad=pad, temperature=options.temperature, **stops
            )
        return found, time.monotonic() - began

    def _answer(
        self, tokens: Sequence[int], room: int, length: int, seconds: float, options: GenerationOptions
    ) -> Generation:
        """What a row of tokens says, up to its end."""
        ends = [place for place, token in enumerate(tokens[:room]) if token in self._ends]
        kept = list(tokens[: ends[0] + 1 if ends else room])
        text, was_stopped = _until(self._tokenizer.decode(kept, skip_special_tokens=True), options.stop)
        reason = "stop" if ends or was_stopped else "length"
        return Generation(text, reason, length, len(kept), seconds, None, None, seconds)

    @contextmanager
    def _told_if_memory_runs_out(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            raise GeneratorUnavailableError(
                f"{self.model}: memory ran out on {self._device}; ask for less (num_predict), or name a smaller model"
            ) from None

    def _context(self, options: GenerationOptions) -> int:
        most = getattr(self._model.config, "max_position_embeddings", None)
        return min(options.num_ctx, most) if most else options.num_ctx


def _end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens that end an answer; a model may have several."""
    named = model.generation_config.eos_token_id
    ends = named if isinstance(named, list) else [named]
    return frozenset(end for end in (*ends, tokenizer.eos_token_id) if end is not None)


def _until(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """A text up to the first of some others, and whether one of them stands there."""
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)

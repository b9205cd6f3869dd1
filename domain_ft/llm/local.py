"""A causal language model of transformers, run in this process, as a generator.

Only safetensors is read, and a model's own code is never run. The messages are put into the model's own chat template.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from domain_ft.amounts import human_count
from domain_ft.embedding.models import model_digest
from domain_ft.errors import InputError
from domain_ft.llm.chat_template import render_chat
from domain_ft.llm.protocol import (
    Generation,
    GenerationError,
    GenerationOptions,
    GeneratorUnavailableError,
    Message,
    ModelFacts,
)
from domain_ft.training.device import prepare_threads, resolve_device
from domain_ft.training.memory import is_out_of_memory


class LocalGenerator:
    """A model's folder, loaded. A JSON schema is not enforced here: the question itself must say what is wanted."""

    def __init__(self, folder: Path, device: str = "auto") -> None:
        """Load the model; InputError where the folder holds none that is whole and safe, or no chat template."""
        prepare_threads()
        import torch

        from domain_ft.llm.causal import load_causal_model

        self._device = resolve_device(device)
        model, self._tokenizer = load_causal_model(folder, torch.float32)
        if not self._tokenizer.chat_template:
            raise InputError(f"{folder}: its tokenizer has no chat template; name an instruction-tuned model")
        self._folder = folder.resolve()
        self._model = model.to(self._device).eval()
        self._ends = _end_tokens(model, self._tokenizer)
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token

    @property
    def model(self) -> str:
        """The folder's name."""
        return self._folder.name

    @property
    def digest(self) -> str:
        """The sha256 of what the model computes with."""
        return model_digest(self._folder)

    def facts(self) -> ModelFacts:
        """What the model is."""
        size = sum(path.stat().st_size for path in self._folder.glob("*.safetensors"))
        count = sum(weights.numel() for weights in self._model.parameters())
        return ModelFacts(self.digest, size, human_count(count), "F32")

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
        texts = [render_chat(self._tokenizer, messages, asks=True) for messages in asked]
        lengths = [len(each) for each in self._tokenizer(texts, add_special_tokens=False)["input_ids"]]
        rooms = [min(options.num_predict, self._context(options) - length) for length in lengths]
        fitting = [number for number, room in enumerate(rooms) if room > 0]
        answers: list[Generation | GenerationError] = [
            GenerationError(f"{self.model}: the question takes {length:,} tokens of {self._context(options):,}")
            for length in lengths
        ]
        if not fitting:
            return answers
        found, seconds = self._continued([texts[number] for number in fitting], max(rooms[n] for n in fitting), options)
        for number, tokens in zip(fitting, found, strict=True):
            answers[number] = self._answer(tokens, rooms[number], lengths[number], seconds / len(fitting), options)
        return answers

    def _continued(self, texts: Sequence[str], room: int, options: GenerationOptions) -> tuple[list[list[int]], float]:
        """The tokens that follow each text, padding included, and the seconds that all of them took."""
        import torch

        padded = self._tokenizer(
            list(texts), padding=True, padding_side="left", add_special_tokens=False, return_tensors="pt"
        ).to(self._device)
        sampling = {"do_sample": bool(options.temperature), "temperature": options.temperature or None}
        stops = {"stop_strings": list(options.stop), "tokenizer": self._tokenizer} if options.stop else {}
        began = time.monotonic()
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(options.seed)
            found = self._generated(padded, max_new_tokens=room, **sampling, **stops)
        length = int(padded["input_ids"].shape[1])
        return found[:, length:].tolist(), time.monotonic() - began

    def _answer(
        self, tokens: Sequence[int], room: int, length: int, seconds: float, options: GenerationOptions
    ) -> Generation:
        """What a row of tokens says, up to its end."""
        ends = [place for place, token in enumerate(tokens[:room]) if token in self._ends]
        kept = list(tokens[: ends[0] + 1 if ends else room])
        text, was_stopped = _until(self._tokenizer.decode(kept, skip_special_tokens=True), options.stop)
        reason = "stop" if ends or was_stopped else "length"
        return Generation(text, reason, length, len(kept), seconds, None, None, seconds)

    def _generated(self, asked: Mapping[str, Any], **options: Any) -> Any:
        try:
            return self._model.generate(**asked, pad_token_id=self._tokenizer.pad_token_id, **options)
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

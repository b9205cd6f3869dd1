"""A causal language model of transformers, run in this process, as a generator.

Only safetensors is read, and a model's own code is never run. The messages are put into the model's own chat template.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from domain_ft.amounts import human_count
from domain_ft.embedding.model_folder import check_model_folder
from domain_ft.embedding.models import model_digest, told_if_unloadable
from domain_ft.errors import InputError
from domain_ft.llm.protocol import (
    Generation,
    GenerationError,
    GenerationOptions,
    GeneratorUnavailableError,
    Message,
    ModelFacts,
)
from domain_ft.safe_text import brief
from domain_ft.training.device import prepare_threads, resolve_device
from domain_ft.training.memory import is_out_of_memory


class LocalGenerator:
    """A model's folder, loaded. A JSON schema is not enforced here: the question itself must say what is wanted."""

    def __init__(self, folder: Path, device: str = "auto") -> None:
        """Load the model; InputError where the folder holds none that is whole and safe, or no chat template."""
        prepare_threads()
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        if not folder.is_dir():
            raise InputError(f"{folder}: there is no such folder; name the folder of a causal language model")
        check_model_folder(folder)
        self._device = resolve_device(device)
        logging.disable_progress_bar()
        options = {"local_files_only": True, "trust_remote_code": False}
        with told_if_unloadable(folder, "a causal language model with its tokenizer", "copy the whole model again"):
            self._tokenizer = AutoTokenizer.from_pretrained(str(folder), **options)
            model, found = AutoModelForCausalLM.from_pretrained(
                str(folder), use_safetensors=True, dtype=torch.float32, output_loading_info=True, **options
            )
        if found["missing_keys"]:
            raise InputError(
                f"{folder}: holds no weights for {brief(min(found['missing_keys']))}; name a causal language model, "
                "and copy the whole of it"
            )
        if not self._tokenizer.chat_template:
            raise InputError(f"{folder}: its tokenizer has no chat template; name an instruction-tuned model")
        self._folder = folder.resolve()
        self._model = model.to(self._device).eval()

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
        import torch

        asked = self._tokenizer.apply_chat_template(
            [{"role": message.role, "content": message.content} for message in messages],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        ).to(self._device)
        length = int(asked["input_ids"].shape[1])
        room = min(options.num_predict, self._context(options) - length)
        if room < 1:
            raise GenerationError(f"{self.model}: the question takes {length:,} tokens of {self._context(options):,}")
        sampling = {"do_sample": bool(options.temperature), "temperature": options.temperature or None}
        stops = {"stop_strings": list(options.stop), "tokenizer": self._tokenizer} if options.stop else {}
        began = time.monotonic()
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(options.seed)
            found = self._generated(asked, max_new_tokens=room, **sampling, **stops)
        seconds = time.monotonic() - began
        tokens = found[0, length:].tolist()
        text = self._tokenizer.decode(tokens, skip_special_tokens=True)
        ended = len(tokens) < room or tokens[-1:] == [self._tokenizer.eos_token_id]
        text, was_stopped = _until(text, options.stop)
        reason = "stop" if ended or was_stopped else "length"
        return Generation(text, reason, length, len(tokens), seconds, None, None, seconds)

    def _generated(self, asked: Mapping[str, Any], **options: Any) -> Any:
        try:
            return self._model.generate(**asked, pad_token_id=self._padding(), **options)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            raise GeneratorUnavailableError(
                f"{self.model}: memory ran out on {self._device}; ask for less (num_predict), or name a smaller model"
            ) from None

    def _context(self, options: GenerationOptions) -> int:
        most = getattr(self._model.config, "max_position_embeddings", None)
        return min(options.num_ctx, most) if most else options.num_ctx

    def _padding(self) -> int | None:
        pad: int | None = self._tokenizer.pad_token_id
        end: int | None = self._tokenizer.eos_token_id
        return end if pad is None else pad


def _until(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """A text up to the first of some others, and whether one of them stands there."""
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)

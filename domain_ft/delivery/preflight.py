"""Which ways lead a tuned model to Ollama, asked before anything is written.

Ollama applies an adapter to a few architectures only, and by one formula: alpha / r, with a whole alpha. Everything
else is merged into the base first, or converted by llama.cpp.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from domain_ft.delivery.bpe_vocabulary import read_vocabulary
from domain_ft.delivery.llama_shape import LlamaShape, NotPlainLlamaError, converting_command

WayName = Literal["adapter", "merged", "gguf", "llama_cpp"]
_ADAPTED = ("LlamaForCausalLM", "Gemma2ForCausalLM")
"""Architectures to which Ollama applies an adapter in safetensors."""
_IMPORTED = (
    "LlamaForCausalLM", "MistralForCausalLM", "MixtralForCausalLM", "GemmaForCausalLM", "Gemma2ForCausalLM",
    "Phi3ForCausalLM", "Qwen2ForCausalLM",
)  # fmt: skip
"""Architectures that Ollama makes a model of from safetensors."""


@dataclass(frozen=True)
class Way:
    """A way to Ollama: what is handed over, whether it is open, and if not, why."""

    name: WayName
    what: str
    closed: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it can be gone."""
        return not self.closed


def ways_to_ollama(base: Path, adapter: Path) -> tuple[Way, ...]:
    """The ways for an adapter of a base, the plainest first; the last one is always open."""
    config, lora = _json(base / "config.json"), _json(adapter / "adapter_config.json")
    architecture = (config.get("architectures") or ["none"])[0]
    return (
        Way("adapter", "the base and the adapter as they are", tuple(_no_adapter(architecture, lora))),
        Way("merged", "the merged model in safetensors", tuple(_not_imported(architecture))),
        Way("gguf", "the merged model as GGUF, written here", tuple(_no_gguf(base))),
        Way("llama_cpp", f"the merged model, converted by llama.cpp: {converting_command(Path('MERGED'))}"),
    )


def _no_adapter(architecture: str, lora: Mapping[str, Any]) -> list[str]:
    alpha, rank = lora.get("lora_alpha", 0), lora.get("r", 0)
    reasons = {
        f"Ollama applies no adapter to {architecture}": architecture not in _ADAPTED,
        "it was trained with use_rslora, whose scale Ollama does not know": bool(lora.get("use_rslora")),
        "it was trained with use_dora, which Ollama does not know": bool(lora.get("use_dora")),
        f"lora_alpha is {alpha}, no whole number": float(alpha) != int(alpha),
        "its layers have ranks of their own": bool(lora.get("rank_pattern") or lora.get("alpha_pattern")),
        f"its rank is {rank}": not rank,
        "it holds whole layers beside the adapter": bool(lora.get("modules_to_save")),
    }
    return [reason for reason, holds in reasons.items() if holds]


def _not_imported(architecture: str) -> list[str]:
    return [] if architecture in _IMPORTED else [f"Ollama makes no model of {architecture}"]


def _no_gguf(base: Path) -> list[str]:
    try:
        read_vocabulary(base, LlamaShape.of(base).vocabulary)
    except NotPlainLlamaError as error:
        return [error.reason]
    return []


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found

"""What Ollama's own converter of safetensors makes of a folder: which it reads, and which it reads otherwise, unsaid.

Servers before `ways.GGUF_ALONE` have it. Read from `convert/` of github.com/ollama/ollama at commit 33ee7168.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain_ft.delivery.configuration import read_configuration

_ARCHITECTURES = (
    "LlamaForCausalLM", "Ministral3ForCausalLM", "MixtralForCausalLM", "GemmaForCausalLM", "Gemma2ForCausalLM",
    "Gemma3ForCausalLM", "Phi3ForCausalLM", "Qwen2ForCausalLM", "Olmo3ForCausalLM", "CohereForCausalLM",
    "GptOssForCausalLM", "DeepseekV3ForCausalLM",
)  # fmt: skip
EMBEDDINGS = ("lm_head", "embed_tokens")
"""The layers that read and write tokens; one weight where they are tied."""
_ADAPTED = ("LlamaForCausalLM", "Gemma2ForCausalLM")
_LLAMA_3 = "d98f9631be1e9607a9848c26c1f9eac1aa9fc21ac6ba82a2fc0741af9780a48f"
_PATTERNS = (
    _LLAMA_3,
    "1ff7f41064896984db5d1bb6ff64fa4bc29007d08c1b439e505b7392777a319e",  # Qwen 2
    "03df5c5863ad70781dcfdef491ead25140f895fe8010964be0daefe27be32b02",  # DeepSeek
    "21cde974d587f0d54dc8d56b183cc1e6239600172035c68fbd6d4b9f8da0576e",  # DeepSeek Coder
)
"""Digests of the patterns by which text may be cut; any other tokenizer gets a default one, which cuts otherwise."""


def closes_import(base: Path) -> list[str]:
    """What keeps a model in safetensors from being made, or from reading text as it was trained to."""
    architecture = architecture_of(base)
    unread = [] if architecture in _ARCHITECTURES else [f"Ollama makes no model of {architecture}"]
    return unread + _closes_tokenizer(base)


def closes_adapter(base: Path, lora: Mapping[str, Any]) -> list[str]:
    """What keeps an adapter in safetensors from being put on its base as it was trained."""
    architecture = architecture_of(base)
    if architecture not in _ADAPTED:
        return [f"Ollama applies no adapter to {architecture}"]
    # The rows of these two weights change their order (see `gguf_file`): those of lora_B; it turns those of lora_A.
    turns = ("q_proj", "k_proj") if architecture == "LlamaForCausalLM" else ()
    turned, unnamed = (" and ".join(each for each in named if adapts(lora, each)) for named in (turns, EMBEDDINGS))
    alpha = lora["lora_alpha"]
    reasons = {
        f"Ollama puts the adapter of {turned} in another order than the base": bool(turned),
        f"Ollama knows no adapter of {unnamed}": bool(unnamed),
        f"lora_alpha is {alpha}, no whole number": alpha != int(alpha),
    }
    return [*(reason for reason, holds in reasons.items() if holds), *_closes_tokenizer(base)]


def architecture_of(base: Path) -> str:
    """The first architecture that a model's configuration names; `none` where it names none."""
    return str((read_configuration(base / "config.json").get("architectures") or ["none"])[0])


def adapts(lora: Mapping[str, Any], layer: str) -> bool:
    """Whether an adapter changes the layers of that name."""
    return any(target.rpartition(".")[2] == layer for target in lora.get("target_modules") or ())


def _closes_tokenizer(base: Path) -> list[str]:
    if (base / "tokenizer.model").is_file():
        return []
    if not (base / "tokenizer.json").is_file():
        return ["it has neither tokenizer.json nor tokenizer.model"]
    pre = read_configuration(base / "tokenizer.json").get("pre_tokenizer") or {}
    parts = [part for part in pre.get("pretokenizers", ()) if part.get("type") == "Split"]
    patterns = "".join(part.get("pattern", {}).get("Regex", "") for part in parts)
    digest = hashlib.sha256(patterns.encode()).hexdigest()
    if digest not in _PATTERNS:
        return ["its tokenizer cuts text by a pattern that Ollama does not know, and would cut otherwise"]
    named = base / "tokenizer_config.json"
    if digest == _LLAMA_3 and not (named.is_file() and read_configuration(named).get("bos_token")):
        return ["its tokenizer names no bos_token, for which Ollama would put some other token before each text"]
    return []

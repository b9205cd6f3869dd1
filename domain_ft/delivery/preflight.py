"""Which ways lead a tuned model to Ollama, asked before anything is written.

Only the folders are asked; `server_version` says which ways end at a given server.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from domain_ft.delivery.bpe_vocabulary import read_vocabulary
from domain_ft.delivery.configuration import read_configuration, read_lora
from domain_ft.delivery.llama_shape import LlamaShape, NotPlainLlamaError
from domain_ft.delivery.ollama_converter import EMBEDDINGS, adapts, architecture_of, closes_adapter, closes_import
from domain_ft.delivery.ways import HANDED_OVER, Way, WayName


def ways_to_ollama(base: Path, adapter: Path) -> tuple[Way, ...]:
    """The ways for an adapter of a base, in the order of `HANDED_OVER`.

    InputError where the configuration of either cannot be read.
    """
    lora = read_lora(adapter / "adapter_config.json")
    mergeable, written, apart = _closes_merging(base, lora), _closes_gguf(base), _closes_pairs(lora)
    closed: Mapping[WayName, list[str]] = {
        "gguf": mergeable + written,
        "merged": mergeable + closes_import(base),
        "gguf_adapter": mergeable + written + apart + _closes_embeddings(lora),
        "adapter": mergeable + closes_adapter(base, lora) + apart,
        "llama_cpp": mergeable,
    }
    return tuple(Way(name, tuple(closed[name])) for name in HANDED_OVER)


def _closes_merging(base: Path, lora: Mapping[str, Any]) -> list[str]:
    """What keeps base and adapter from being one model, and from being put together elsewhere."""
    config = read_configuration(base / "config.json")
    tied = config.get("tie_word_embeddings", architecture_of(base).startswith("Gemma"))
    changed = " and ".join(each for each in EMBEDDINGS if tied and adapts(lora, each))
    return [f"it changes {changed}, and its base has one weight for both; train it without"] if changed else []


def _closes_pairs(lora: Mapping[str, Any]) -> list[str]:
    """What keeps an adapter from being pairs of weights whose product is scaled by alpha / r, as Ollama takes them."""
    reasons = {
        "it was trained with use_rslora, whose scale Ollama does not know": lora.get("use_rslora"),
        "it was trained with use_dora, which Ollama does not know": lora.get("use_dora"),
        "its layers have ranks of their own": lora.get("rank_pattern") or lora.get("alpha_pattern"),
        "it holds whole layers beside the adapter": lora.get("modules_to_save"),
    }
    return [reason for reason, holds in reasons.items() if holds]


def _closes_embeddings(lora: Mapping[str, Any]) -> list[str]:
    """PEFT saves the embeddings of the base with an adapter of theirs."""
    found = " and ".join(each for each in EMBEDDINGS if adapts(lora, each))
    return [f"with the adapter of {found} it holds whole embeddings"] if found else []


def _closes_gguf(base: Path) -> list[str]:
    try:
        read_vocabulary(base, LlamaShape.of(base).vocabulary)
    except NotPlainLlamaError as error:
        return [error.reason]
    return []

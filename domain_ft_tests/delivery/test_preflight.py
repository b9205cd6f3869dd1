"""Before anything is written it is said which ways lead to Ollama, and what closes the others."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain_ft.delivery.preflight import ways_to_ollama
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

LORA = {"r": 8, "lora_alpha": 16, "use_rslora": False, "use_dora": False}


def ways(folder: Path, lora: dict[str, Any] | None = None, **config: Any) -> dict[str, str]:
    """Way -> what closes it, empty where it is open."""
    base, adapter = make_tiny_causal(folder / "tiny"), folder / "adapter"
    path = base / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **config}))
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text(json.dumps({**LORA, **(lora or {})}))
    return {way.name: "; ".join(way.closed) for way in ways_to_ollama(base, adapter)}


def test_every_way_is_open_to_a_plain_llama(tmp_path: Path) -> None:
    assert set(ways(tmp_path).values()) == {""}


@pytest.mark.parametrize(
    ("lora", "why"),
    [
        ({"use_rslora": True}, "it was trained with use_rslora, whose scale Ollama does not know"),
        ({"use_dora": True}, "it was trained with use_dora, which Ollama does not know"),
        ({"lora_alpha": 16.5}, "lora_alpha is 16.5, no whole number"),
        ({"rank_pattern": {"q_proj": 4}}, "its layers have ranks of their own"),
        ({"modules_to_save": ["lm_head"]}, "it holds whole layers beside the adapter"),
    ],
)
def test_an_adapter_that_ollama_cannot_apply_is_to_be_merged(tmp_path: Path, lora: dict[str, Any], why: str) -> None:
    assert ways(tmp_path, lora) == {"adapter": why, "merged": "", "gguf": "", "llama_cpp": ""}


def test_another_architecture_leaves_fewer_ways(tmp_path: Path) -> None:
    found = ways(tmp_path, architectures=["OlmoForCausalLM"])
    assert found["adapter"] == "Ollama applies no adapter to OlmoForCausalLM"
    assert found["merged"] == "Ollama makes no model of OlmoForCausalLM"
    assert found["gguf"] == "its architecture is OlmoForCausalLM"
    assert found["llama_cpp"] == ""

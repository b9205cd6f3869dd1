"""Before anything is written it is said which ways lead to Ollama, and what closes the others."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain_ft.delivery.preflight import ways_to_ollama
from domain_ft.errors import InputError
from domain_ft_tests.delivery.tiny_adapter import changed, cut_as_llama_3
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

LORA = {"r": 8, "lora_alpha": 16, "use_rslora": False, "use_dora": False, "target_modules": ["v_proj", "up_proj"]}
OPEN = {"gguf": "", "merged": "", "gguf_adapter": "", "adapter": "", "llama_cpp": ""}
APART = ("gguf_adapter", "adapter")


def ways_of(base: Path, lora: dict[str, Any] | None = None) -> dict[str, str]:
    """Way -> what closes it, empty where it is open."""
    (base / "adapter_config.json").write_text(json.dumps({**LORA, **(lora or {})}))
    return {way.name: "; ".join(way.closed) for way in ways_to_ollama(base, base)}


def ways(folder: Path, lora: dict[str, Any] | None = None, **config: Any) -> dict[str, str]:
    base = cut_as_llama_3(make_tiny_causal(folder / "tiny"))
    changed(base / "config.json", **config)
    return ways_of(base, lora)


def test_every_way_is_open_to_a_plain_llama(tmp_path: Path) -> None:
    assert ways(tmp_path) == OPEN


@pytest.mark.parametrize(
    ("lora", "why", "closed"),
    [
        ({"use_rslora": True}, "it was trained with use_rslora, whose scale Ollama does not know", APART),
        ({"use_dora": True}, "it was trained with use_dora, which Ollama does not know", APART),
        ({"rank_pattern": {"q_proj": 4}}, "its layers have ranks of their own", APART),
        ({"modules_to_save": ["lm_head"]}, "it holds whole layers beside the adapter", APART),
        ({"lora_alpha": 16.5}, "lora_alpha is 16.5, no whole number", ("adapter",)),
        ({"target_modules": ["model.layers.0.self_attn.k_proj", "q_proj"]},
         "Ollama puts the adapter of q_proj and k_proj in another order than the base", ("adapter",)),
    ],
)  # fmt: skip
def test_an_adapter_that_ollama_cannot_apply_is_to_be_merged(
    tmp_path: Path, lora: dict[str, Any], why: str, closed: tuple[str, ...]
) -> None:
    assert ways(tmp_path, lora) == {**OPEN, **dict.fromkeys(closed, why)}


@pytest.mark.parametrize("layer", ["lm_head", "embed_tokens"])
def test_an_adapter_of_one_of_two_tied_weights_leads_nowhere(tmp_path: Path, layer: str) -> None:
    found = ways(tmp_path, {"target_modules": ["v_proj", layer]}, tie_word_embeddings=True)
    why = f"it changes {layer}, and its base has one weight for both; train it without"
    assert all(closed.startswith(why) for closed in found.values())


def test_an_adapter_of_embeddings_is_to_be_merged(tmp_path: Path) -> None:
    assert ways(tmp_path, {"target_modules": ["lm_head", "embed_tokens"]}) == {
        **OPEN,
        "gguf_adapter": "with the adapter of lm_head and embed_tokens it holds whole embeddings",
        "adapter": "Ollama knows no adapter of lm_head and embed_tokens",
    }


@pytest.mark.parametrize(
    ("architecture", "merged"),
    [
        ("OlmoForCausalLM", "Ollama makes no model of OlmoForCausalLM"),
        ("MistralForCausalLM", "Ollama makes no model of MistralForCausalLM"),
        ("Gemma3ForCausalLM", ""),
        ("Qwen2ForCausalLM", ""),
    ],
)
def test_another_architecture_leaves_fewer_ways(tmp_path: Path, architecture: str, merged: str) -> None:
    assert ways(tmp_path, architectures=[architecture]) == {
        "gguf": f"its architecture is {architecture}",
        "merged": merged,
        "gguf_adapter": f"its architecture is {architecture}",
        "adapter": f"Ollama applies no adapter to {architecture}",
        "llama_cpp": "",
    }


BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
DIGITS = {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, BYTES]}


@pytest.mark.parametrize(("pre", "gguf"), [(BYTES, ""), (DIGITS, "its tokenizer cuts text by a pattern of its own")])
def test_a_tokenizer_that_ollama_would_take_for_another_is_not_left_to_it(
    tmp_path: Path, pre: dict[str, Any], gguf: str
) -> None:
    base = cut_as_llama_3(make_tiny_causal(tmp_path / "tiny"))
    changed(base / "tokenizer.json", pre_tokenizer=pre)
    why = "its tokenizer cuts text by a pattern that Ollama does not know, and would cut otherwise"
    assert ways_of(base) == {"gguf": gguf, "merged": why, "gguf_adapter": gguf, "adapter": why, "llama_cpp": ""}


def test_a_tokenizer_without_a_first_token_would_get_some_other_from_ollama(tmp_path: Path) -> None:
    base = cut_as_llama_3(make_tiny_causal(tmp_path / "tiny"))
    changed(base / "tokenizer_config.json", bos_token=None)
    why = "its tokenizer names no bos_token, for which Ollama would put some other token before each text"
    assert ways_of(base) == {**OPEN, "merged": why, "adapter": why}


def test_a_model_without_the_file_that_gguf_takes_its_tokens_from_can_still_be_merged(tmp_path: Path) -> None:
    base = make_tiny_causal(tmp_path / "tiny")
    (base / "tokenizer.json").rename(base / "tokenizer.model")
    assert ways_of(base) == {**OPEN, "gguf": "it has no tokenizer.json", "gguf_adapter": "it has no tokenizer.json"}


@pytest.mark.parametrize(
    ("entry", "says"),
    [({"lora_alpha": "x"}, "lora_alpha is 'x'"), ({"lora_alpha": None}, "lora_alpha is None"), ({"r": 0}, "r is 0")],
)
def test_a_rank_or_an_alpha_that_is_no_number_is_named(tmp_path: Path, entry: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=rf"adapter_config\.json: {says}, no number above zero; copy the whole"):
        ways(tmp_path, entry)


@pytest.mark.parametrize(
    ("content", "says"), [(None, "cannot be read"), ("{", "cannot be read"), ("[1]", "is no configuration")]
)
@pytest.mark.parametrize("name", ["config.json", "adapter_config.json"])
def test_a_configuration_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: str | None, says: str
) -> None:
    base = make_tiny_causal(tmp_path / "tiny")
    (base / "adapter_config.json").write_text(json.dumps(LORA))
    (base / name).unlink()
    if content is not None:
        (base / name).write_text(content)
    with pytest.raises(InputError, match=rf"tiny/{name}: {says}.*; copy the whole folder again"):
        ways_to_ollama(base, base)

"""A GGUF file computes what the model computes that it was written from, by formulas of its own."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain_ft.delivery.bpe_vocabulary import read_vocabulary
from domain_ft.delivery.gguf_file import tensor_name, to_neighbours, write_model
from domain_ft.delivery.gguf_logits import GgufModel
from domain_ft.delivery.llama_shape import LlamaShape, NotPlainLlamaError
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

TEXT = "A till for shops, sized for 200 users."


def logits(folder: Path, tokens: list[int]) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32)
    with torch.inference_mode():
        return model(torch.tensor([tokens])).logits[0].numpy()


def tokens_of(folder: Path) -> list[int]:
    from transformers import AutoTokenizer

    found: list[int] = AutoTokenizer.from_pretrained(str(folder))(TEXT, add_special_tokens=False)["input_ids"]
    return found


@pytest.mark.parametrize(("heads", "key_heads", "tied"), [(2, 2, False), (4, 2, False), (4, 1, True)])
def test_a_file_of_32_bits_computes_the_logits_of_its_model(
    tmp_path: Path, heads: int, key_heads: int, tied: bool
) -> None:
    folder = make_tiny_causal(tmp_path / "tiny", heads=heads, key_heads=key_heads, tied=tied)
    write_model(folder, tmp_path / "tiny.gguf", "tiny", "f32")
    tokens = tokens_of(folder)
    np.testing.assert_allclose(GgufModel.read(tmp_path / "tiny.gguf").logits(tokens), logits(folder, tokens), atol=1e-5)


def test_a_file_of_16_bits_says_nearly_the_same(tmp_path: Path) -> None:
    folder = make_tiny_causal(tmp_path / "tiny")
    write_model(folder, tmp_path / "tiny.gguf", "tiny")
    tokens = tokens_of(folder)
    found, expected = GgufModel.read(tmp_path / "tiny.gguf").logits(tokens), logits(folder, tokens)
    assert 0 < np.abs(found - expected).max() < 1e-2 * np.abs(expected).max()


def test_queries_in_the_order_of_transformers_give_other_logits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tiny_causal(tmp_path / "tiny")
    monkeypatch.setattr("domain_ft.delivery.gguf_file.to_neighbours", lambda values, heads: values)
    write_model(folder, tmp_path / "tiny.gguf", "tiny", "f32")
    tokens = tokens_of(folder)
    assert np.abs(GgufModel.read(tmp_path / "tiny.gguf").logits(tokens) - logits(folder, tokens)).max() > 1e-3


def test_neighbours_are_the_halves_of_each_head() -> None:
    assert to_neighbours(np.arange(12), 2).tolist() == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11]


def test_the_file_holds_tokenizer_and_chat_template(tmp_path: Path) -> None:
    import gguf

    folder = make_tiny_causal(tmp_path / "tiny")
    write_model(folder, tmp_path / "tiny.gguf", "tiny")
    fields = gguf.GGUFReader(tmp_path / "tiny.gguf").fields
    vocabulary = read_vocabulary(folder, LlamaShape.of(folder).vocabulary)
    told = {name: fields[f"tokenizer.{name}"].contents() for name in ("ggml.tokens", "ggml.eos_token_id")}
    assert told == {"ggml.tokens": list(vocabulary.tokens), "ggml.eos_token_id": vocabulary.eos}
    assert fields["tokenizer.chat_template"].contents() == vocabulary.chat_template


def test_signs_of_the_template_are_no_text(tmp_path: Path) -> None:
    vocabulary = read_vocabulary(make_tiny_causal(tmp_path / "tiny"), 260)
    types = dict(zip(vocabulary.tokens, vocabulary.types, strict=True))
    assert (types["<|end|>"], types["a"], types["[PAD259]"]) == (3, 1, 5)


@pytest.mark.parametrize(
    ("file", "change", "says"),
    [
        ("config.json", {"architectures": ["Qwen2ForCausalLM"]}, "its architecture is Qwen2ForCausalLM"),
        ("config.json", {"hidden_act": "gelu"}, "its activation is gelu"),
        ("config.json", {"attention_bias": True}, "its layers have biases"),
        ("config.json", {"rope_parameters": {"rope_type": "llama3"}}, r"its positions are scaled \(llama3\)"),
        ("config.json", {"quantization_config": {}}, "its weights are quantized"),
        ("tokenizer.json", {"normalizer": {"type": "NFC"}}, "its tokenizer changes text"),
        ("tokenizer.json", {"pre_tokenizer": {"type": "Metaspace"}}, "its tokenizer cuts text by a pattern of its own"),
    ],
)
def test_what_is_no_plain_llama_is_refused_with_the_command_that_converts_it(
    tmp_path: Path, file: str, change: dict[str, Any], says: str
) -> None:
    folder = make_tiny_causal(tmp_path / "tiny")
    path = folder / file
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **change}))
    with pytest.raises(NotPlainLlamaError, match=rf"{says}.*convert_hf_to_gguf\.py .*tiny --outtype f16"):
        write_model(folder, tmp_path / "tiny.gguf", "tiny")
    assert not list(tmp_path.glob("*.gguf"))


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("model.layers.7.self_attn.q_proj", "blk.7.attn_q"),
        ("model.layers.0.mlp.down_proj", "blk.0.ffn_down"),
        ("lm_head", "output"),
        ("model.layers.0.self_attn.rotary", None),
        ("visual.0", None),
    ],
)
def test_parts_are_called_as_llama_cpp_calls_them(module: str, name: str | None) -> None:
    assert tensor_name(module) == name


def test_the_starter_cuts_text_as_llama_3_does(tmp_path: Path) -> None:
    from domain_ft.starter_lm.tokenizer import save_tokenizer, train_tokenizer

    save_tokenizer(train_tokenizer(["A till for shops, sized for 200 users."] * 3, 300), tmp_path, 64)
    assert read_vocabulary(tmp_path, 300).pre == "llama-bpe"

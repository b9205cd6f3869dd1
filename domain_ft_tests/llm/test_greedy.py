"""The likeliest tokens are those that transformers' own loop finds, whatever the kind of model and of cache."""

from collections.abc import Collection
from typing import Any

import pytest
import torch
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, MistralConfig
from transformers import MistralForCausalLM as Mistral

from domain_ft.llm import greedy
from domain_ft.llm.greedy import likeliest

PAD, SIZE = 0, 61
SHAPE = {"vocab_size": SIZE, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}
HEADS = {"num_attention_heads": 4, "num_key_value_heads": 2}
LENGTHS = (9, 1, 5, 14)
PROMPTS = [[1 + (7 * row + 3 * place) % (SIZE - 1) for place in range(length)] for row, length in enumerate(LENGTHS)]


def llama() -> Any:
    return LlamaForCausalLM(LlamaConfig(**SHAPE, **HEADS))


def with_window() -> Any:
    return Mistral(MistralConfig(**SHAPE, **HEADS, sliding_window=6))


def with_learned_positions() -> Any:
    return GPT2LMHeadModel(GPT2Config(vocab_size=SIZE, n_embd=32, n_layer=2, n_head=4, n_positions=64))


def made(model: Any) -> Any:
    torch.manual_seed(3)
    return model().eval()


def by_library(model: Any, prompt: list[int], room: int, ends: Collection[int]) -> list[int]:
    config = GenerationConfig(max_new_tokens=room, do_sample=False, eos_token_id=sorted(ends) or None, pad_token_id=PAD)
    ids = torch.tensor([prompt])
    found = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), generation_config=config)
    return list(found[0, len(prompt) :].tolist())


@pytest.mark.parametrize("kind", [llama, with_window, with_learned_positions])
def test_the_tokens_are_those_of_the_library_for_each_prompt_alone(kind: Any) -> None:
    model = made(kind)
    assert likeliest(model, PROMPTS, 20, (), PAD) == [by_library(model, each, 20, ()) for each in PROMPTS]


def test_a_row_that_has_ended_changes_nothing_of_the_others() -> None:
    model = made(llama)
    whole = likeliest(model, PROMPTS, 20, (), PAD)
    end = next(token for token in whole[0][4:] if any(token not in each for each in whole))
    cut = [each[: each.index(end) + 1] if end in each else each for each in whole]
    assert len({len(each) for each in cut}) > 1
    assert likeliest(model, PROMPTS, 20, (end,), PAD) == cut


def test_room_that_is_too_small_grows(monkeypatch: pytest.MonkeyPatch) -> None:
    model = made(llama)
    ample = likeliest(model, PROMPTS, 20, (), PAD)
    monkeypatch.setattr(greedy, "_AHEAD", 3)
    assert likeliest(model, PROMPTS, 20, (), PAD) == ample

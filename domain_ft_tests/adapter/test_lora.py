"""Which layers get an adapter, how large it is, and that a layer that is not there is named."""

from pathlib import Path
from typing import Any

import pytest
import torch

from domain_ft.adapter.lora import add_adapter
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.errors import InputError
from domain_ft.llm.causal import load_causal_model

LINEAR = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def adapted(folder: Path, **changes: Any) -> Any:
    model, _ = load_causal_model(folder, torch.float32)
    torch.manual_seed(0)
    return add_adapter(model, AdapterTrainingSettings(lora_r=4, **changes))


def targeted(model: Any) -> set[str]:
    return {name.split(".lora_A")[0].rpartition(".")[2] for name, _ in model.named_parameters() if ".lora_A" in name}


def test_all_linear_layers_but_the_output_get_an_adapter(tiny_llama: Path) -> None:
    assert targeted(adapted(tiny_llama)) == LINEAR


def test_named_layers_alone_get_one(tiny_llama: Path) -> None:
    assert targeted(adapted(tiny_llama, target_modules=["q_proj", "down_proj"])) == {"q_proj", "down_proj"}


@pytest.mark.parametrize("targets", [["c_attn"], ["q_proj", "c_attn"], ["embed_tokens"]])
def test_a_layer_that_matches_nothing_is_refused_with_those_there_are(tiny_llama: Path, targets: list[str]) -> None:
    with pytest.raises(InputError, match=rf"target_modules: {targets[-1]} matches no linear layer .* it has down_proj"):
        adapted(tiny_llama, target_modules=targets)


def test_an_adapter_changes_nothing_before_it_has_learned(tiny_llama: Path) -> None:
    ids = torch.tensor([[5, 6, 7]])
    model, _ = load_causal_model(tiny_llama, torch.float32)
    with torch.inference_mode():
        assert torch.equal(adapted(tiny_llama).eval()(input_ids=ids).logits, model.eval()(input_ids=ids).logits)


def test_rank_alpha_and_kind_take_effect(tiny_llama: Path) -> None:
    def layer(**changes: Any) -> Any:
        return adapted(tiny_llama, **changes).base_model.model.model.layers[0].self_attn.q_proj

    plain = layer(lora_alpha=8)
    assert plain.lora_A["default"].weight.shape[0] == 4
    assert plain.scaling["default"] == 8 / 4
    assert layer(lora_alpha=8, use_rslora=True).scaling["default"] == 8 / 2
    assert layer(lora_dropout=0.25).lora_dropout["default"].p == 0.25
    assert layer(use_dora=True).use_dora["default"]
    assert not plain.use_dora["default"]

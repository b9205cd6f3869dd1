"""How a base model is held: tried, never guessed; what cannot be done is refused with what can."""

import json
import re
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from domain_ft.adapter import quantization as quantization_module
from domain_ft.adapter.quantization import refused_if_impossible, require_room, resolve_quantization, torch_dtype
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.errors import DomainFtError, InputError


@pytest.mark.parametrize(("named", "found"), [("fp32", ("fp32", None)), ("bf16", ("bf16", None))])
def test_a_precision_that_is_named_is_taken(world: Any, named: Any, found: Any) -> None:
    assert resolve_quantization(AdapterTrainingSettings(quantization=named), world.home.cache) == found


def test_none_is_what_the_device_computes_fastest_and_fp16_is_held_at_32_bits(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantization_module, "resolve_precision", lambda named, *_: {"auto": "fp16"}[named])
    assert resolve_quantization(AdapterTrainingSettings(), world.home.cache) == ("fp16", None)
    assert torch_dtype("fp16") == torch.float32


@pytest.mark.parametrize("quantization", ["bnb4", "bnb8"])
def test_a_base_that_cannot_be_loaded_so_is_refused_with_what_would_do(world: Any, quantization: str) -> None:
    config = world.base / "config.json"
    of_another_kind = {"quant_method": "gptq", "bits": 4}
    config.write_text(json.dumps({**json.loads(config.read_text()), "quantization_config": of_another_kind}))
    with pytest.raises(
        InputError, match=r"tiny_llama: cannot be loaded .*; use quantization: bf16, fp32 or none"
    ) as it:
        world.fit(quantization=quantization, max_steps=1)
    assert "\n" not in str(it.value)


def test_what_fails_in_the_first_pass_is_refused_with_its_reason_and_what_would_do() -> None:
    settings = AdapterTrainingSettings(quantization="bnb4")
    with (
        pytest.raises(
            InputError,
            match=r"^quantization: bnb4 cannot train this model here \(no kernel\); use quantization: bf16, fp32 or",
        ),
        refused_if_impossible(settings),
    ):
        raise RuntimeError("no kernel\nof many words")


@pytest.mark.parametrize(
    ("quantization", "instead"),
    [
        ("fp32", "use quantization: bf16 or bnb4, or a smaller base_model"),
        ("bf16", "use quantization: bnb4, or a smaller base_model"),
        ("bnb8", "use quantization: bnb4, or a smaller base_model"),
        ("bnb4", "use a smaller base_model"),
    ],
)
def test_weights_that_cannot_fit_are_refused_before_they_are_loaded(
    world: Any, monkeypatch: pytest.MonkeyPatch, quantization: str, instead: str
) -> None:
    job, settings = world.job(quantization=quantization), world.settings(quantization=quantization)
    bits = {"fp32": 32, "bf16": 16, "bnb8": 8, "bnb4": 4}[quantization]
    needed = sum(each.numel() for each in load_file(world.base / "model.safetensors").values()) * bits // 8
    monkeypatch.setattr(quantization_module, "available_memory", lambda _: needed)
    require_room(job, settings, "cpu")
    monkeypatch.setattr(quantization_module, "available_memory", lambda _: needed - 1)
    with pytest.raises(InputError, match=rf"base_model: the weights of tiny_llama take .* to give; {instead}$"):
        require_room(job, settings, "cpu")


@pytest.mark.parametrize("error", [DomainFtError("ours"), MemoryError("out of memory")])
def test_our_own_errors_and_a_want_of_memory_pass(error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)), refused_if_impossible(AdapterTrainingSettings()):
        raise error


@pytest.mark.parametrize("quantization", ["bf16", "bnb4", "bnb8"])
def test_a_quantized_training_ends_in_an_adapter_or_in_a_sentence(world: Any, quantization: str) -> None:
    try:
        manifest = world.fit(quantization=quantization, max_steps=2, val_limit=1).manifest
        found = f"{manifest['precision']} {manifest['bits']}"
    except InputError as refused:
        found = str(refused)
    ended = {"bf16": "bf16 None", "bnb4": "(fp32|bf16) 4", "bnb8": "(fp32|bf16) 8"}[quantization]
    assert re.match(
        rf"{ended}|quantization: {quantization} cannot train this model here \(.*\); use quantization: ", found
    )

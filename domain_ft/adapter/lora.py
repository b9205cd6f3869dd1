"""The adapter itself: which layers of a model get one, and how large it is."""

from typing import TYPE_CHECKING

from torch import nn

from domain_ft.adapter.settings import ALL_LINEAR, AdapterTrainingSettings
from domain_ft.errors import InputError

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel


def add_adapter(model: "PreTrainedModel", settings: AdapterTrainingSettings) -> "PeftModel":
    """The model with an adapter that changes nothing yet; InputError where a target matches no layer.

    The random numbers are the caller's to seed.
    """
    from peft import LoraConfig, get_peft_model

    targets = settings.target_modules
    if isinstance(targets, tuple):
        _require_match(model, targets)
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.lora_r,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=list(targets) if isinstance(targets, tuple) else targets,
        use_rslora=settings.use_rslora,
        use_dora=settings.use_dora,
    )
    return get_peft_model(model, config)


def linear_layers(model: nn.Module) -> list[str]:
    """The names of the layers that an adapter may target, each once: the last part of what the model calls them."""
    return sorted({name.rpartition(".")[2] for name, module in model.named_modules() if isinstance(module, nn.Linear)})


def _require_match(model: nn.Module, targets: tuple[str, ...]) -> None:
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    missing = [each for each in targets if not any(name == each or name.endswith(f".{each}") for name in names)]
    if missing:
        there = ", ".join(linear_layers(model))
        raise InputError(
            f"target_modules: {', '.join(missing)} matches no linear layer of this model; it has {there} "
            f"(or {ALL_LINEAR})"
        )

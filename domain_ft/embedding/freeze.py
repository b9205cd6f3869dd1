"""Freezing the lower part of a model, with counts that are true.

Depth is read from the model itself, not from a table of names. What the loss can never reach (the pooler of a
BERT whose tokens are averaged) is not counted as trained.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain_ft.errors import InputError

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ParameterCounts:
    """How much of a model is trained."""

    trainable: int
    total: int
    frozen_layers: int
    layers: int


def transformer_layers(transformer: "nn.Module") -> "nn.ModuleList":
    """The stack of layers of an encoder: the longest list of modules in it."""
    from torch import nn

    stacks = [module for module in transformer.modules() if isinstance(module, nn.ModuleList)]
    if not stacks:
        raise InputError("freeze_layers: this base model has no stack of layers; use freeze_layers: 0")
    return max(stacks, key=len)


def freeze_lower_layers(transformer: "nn.Module", count: int) -> None:
    """Stop training the embeddings and the `count` lowest layers; 0 leaves the model as it is.

    They drop nothing out any more, either: what cannot learn gains nothing from noise, and gives a text the same
    hidden states each time.
    """
    if count == 0:
        return
    layers = transformer_layers(transformer)
    if count > len(layers):
        raise InputError(
            f"freeze_layers: {count} is more than the {len(layers)} layers of this base model; use 0 to {len(layers)}"
        )
    for part in (embeddings_part(transformer, layers), *layers[:count]):
        part.requires_grad_(False)
        _keep_in_evaluation(part)


def freeze_unreached(model: "nn.Module") -> None:
    """After a backward pass: stop counting as trained whatever got no gradient."""
    for parameter in model.parameters():
        if parameter.grad is None:
            parameter.requires_grad_(False)


def count_parameters(model: "nn.Module", frozen_layers: int, layers: int) -> ParameterCounts:
    """The model's parameters, and those of them that are trained."""
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    trainable = sum(size for size, trained in sizes if trained)
    return ParameterCounts(trainable, sum(size for size, _ in sizes), frozen_layers, layers)


def _keep_in_evaluation(part: "nn.Module") -> None:
    """Switch a part to evaluation for good: the trainer puts the whole model back into training before each step."""
    part.eval()
    part.train = lambda mode=True: part  # type: ignore[method-assign]


def embeddings_part(transformer: "nn.Module", layers: "nn.ModuleList") -> "nn.Module":
    """The largest part that holds the word embeddings and none of the layers (positions and their norm included)."""
    words = transformer.get_input_embeddings()
    part = transformer
    while True:
        child = next((child for child in part.children() if any(module is words for module in child.modules())), None)
        if child is None:
            return part
        part = child
        if not any(module is layers for module in part.modules()):
            return part

"""Freezing counts what is true of the model at hand."""

from pathlib import Path

import pytest
import torch

from domain_ft.embedding.freeze import count_parameters, freeze_lower_layers, freeze_unreached, transformer_layers
from domain_ft.embedding.models import load_model
from domain_ft.embedding.starter import starter_folder
from domain_ft.errors import InputError


def test_the_starter_has_six_layers_and_half_of_it_is_embeddings() -> None:
    model = load_model(starter_folder())
    freeze_lower_layers(model.transformers_model, 4)
    counts = count_parameters(model, 4, len(transformer_layers(model)))
    layer = 384 * 384 * 4 + 384 * 1536 * 2 + 384 * 4 + 1536 + 384 + 4 * 384
    pooler = 384 * 384 + 384
    assert counts.layers == 6
    assert counts.total == 22_713_216
    assert counts.trainable == 2 * layer + pooler


def test_embeddings_with_their_positions_and_norm_are_frozen_too(tiny_bert: Path) -> None:
    model = load_model(tiny_bert)
    freeze_lower_layers(model.transformers_model, 1)
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    assert {name.split(".")[2] for name in frozen} == {"embeddings", "encoder"}
    assert any("position_embeddings" in name for name in frozen)
    assert any("embeddings.LayerNorm" in name for name in frozen)
    assert not any("layer.1." in name for name in frozen)


def test_zero_freezes_nothing(tiny_bert: Path) -> None:
    model = load_model(tiny_bert)
    freeze_lower_layers(model.transformers_model, 0)
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_what_a_loss_never_reaches_is_not_counted_as_trained() -> None:
    model = torch.nn.ModuleDict({"used": torch.nn.Linear(3, 1), "unused": torch.nn.Linear(5, 1)})
    model["used"](torch.ones(1, 3)).sum().backward()
    freeze_unreached(model)
    assert count_parameters(model, 0, 0).trainable == 4


def test_a_model_without_layers_is_refused() -> None:
    with pytest.raises(InputError, match="no stack of layers"):
        transformer_layers(torch.nn.Linear(2, 2))

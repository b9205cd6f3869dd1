"""Grouping by length changes the cost, not the result."""

from pathlib import Path
from typing import Any

import pytest
import torch

from domain_ft.embedding.length_groups import LengthGroups
from domain_ft.embedding.models import load_model

TEXTS = ["login", "the invoice page prints the report and the calendar", "the search page", "a b c d e f g h", "fix"]


def features(model: Any) -> dict[str, Any]:
    return model.preprocess(TEXTS)


@pytest.mark.parametrize("rows", [1, 2, 3, 9])
def test_embeddings_and_gradients_are_those_of_the_whole_batch(tiny_bert: Path, rows: int) -> None:
    model = load_model(tiny_bert).eval()
    weights = torch.arange(1.0, 6.0)[:, None]
    whole = model(features(model))["sentence_embedding"]
    (whole * weights).sum().backward()
    expected = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    grouped = LengthGroups(model, rows)(features(model))["sentence_embedding"]
    (grouped * weights).sum().backward()
    torch.testing.assert_close(grouped, whole, atol=1e-5, rtol=1e-4)
    for name, parameter in model.named_parameters():
        if name in expected:
            torch.testing.assert_close(parameter.grad, expected[name], atol=1e-4, rtol=1e-3)


def test_short_texts_are_encoded_without_the_padding_of_long_ones(tiny_bert: Path) -> None:
    model = load_model(tiny_bert)
    widths = []
    model[0].register_forward_pre_hook(lambda module, inputs: widths.append(tuple(inputs[0]["input_ids"].shape)))
    LengthGroups(model, 2)(features(model))
    assert [rows for rows, _ in widths] == [2, 2, 1]
    assert [width for _, width in widths] == sorted(width for _, width in widths)
    assert widths[0][1] < widths[-1][1]

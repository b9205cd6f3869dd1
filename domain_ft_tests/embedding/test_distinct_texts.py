"""A text that stands twice in a batch is encoded once, and nothing else changes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from sentence_transformers.sentence_transformer.losses import (
    CachedMultipleNegativesRankingLoss,
    MultipleNegativesRankingLoss,
    TripletLoss,
)

from domain_ft.embedding.distinct_texts import DistinctTexts
from domain_ft.embedding.length_groups import CPU_COST, LengthGroups
from domain_ft.embedding.models import load_model

COLUMNS = (
    ("the login page", "fix the invoice page and the report", "the login page"),
    ("the search", "the upload page", "the calendar page opens and the test prints"),
    ("the upload page", "the login page", "the search"),
)


def features(model: Any, columns: Sequence[Sequence[str]] = COLUMNS) -> list[Any]:
    return [model.preprocess(list(column)) for column in columns]


def rows_encoded(model: Any) -> list[int]:
    rows: list[int] = []
    model[0].register_forward_pre_hook(lambda module, inputs: rows.append(len(inputs[0]["input_ids"])))
    return rows


def loss_and_gradients(model: Any, loss: Any, encoder: DistinctTexts | None) -> tuple[float, dict[str, torch.Tensor]]:
    """Of one batch; with an encoder, that one encodes the texts."""
    model.zero_grad()
    loss.model = encoder or model
    batch = features(model)
    if encoder is None:
        value = loss(batch, None)
    else:
        with encoder.batch(batch):
            value = loss(batch, None)
    value.backward()
    return value.item(), {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("kind", [MultipleNegativesRankingLoss, TripletLoss, CachedMultipleNegativesRankingLoss])
def test_losses_and_gradients_are_those_of_every_copy_encoded(tiny_bert: Path, kind: Any) -> None:
    model = load_model(tiny_bert).eval()
    encoder = DistinctTexts(LengthGroups(model, CPU_COST), padding=0)
    expected, expected_gradients = loss_and_gradients(model, kind(model), None)
    found, gradients = loss_and_gradients(model, kind(model), encoder)
    assert found == pytest.approx(expected, rel=1e-5)
    assert gradients.keys() == expected_gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, expected_gradients[name], atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("kind", [MultipleNegativesRankingLoss, TripletLoss])
def test_each_text_of_a_batch_is_encoded_once_for_all_columns(tiny_bert: Path, kind: Any) -> None:
    model = load_model(tiny_bert)
    rows = rows_encoded(model)
    encoder = DistinctTexts(model, padding=0)
    loss_and_gradients(model, kind(model), encoder)
    assert sum(rows) == len({text for column in COLUMNS for text in column})


def test_a_loss_that_saves_memory_still_encodes_in_small_portions(tiny_bert: Path) -> None:
    model = load_model(tiny_bert)
    rows = rows_encoded(model)
    encoder = DistinctTexts(model, padding=0)
    loss_and_gradients(model, CachedMultipleNegativesRankingLoss(model, mini_batch_size=2), encoder)
    assert max(rows) == 2


def test_without_a_batch_a_call_is_served_by_itself(tiny_bert: Path) -> None:
    model = load_model(tiny_bert).eval()
    rows = rows_encoded(model)
    column = features(model)[0]
    vectors = DistinctTexts(model, padding=0)(column)["sentence_embedding"]
    assert rows == [2]
    torch.testing.assert_close(vectors, model(column)["sentence_embedding"], atol=1e-6, rtol=1e-5)


def test_texts_of_columns_with_different_prompts_are_not_taken_for_each_other(tiny_bert: Path) -> None:
    model = load_model(tiny_bert).eval()
    first, second = features(model, [["the login page"], ["the login page"]])
    model[1].include_prompt = False
    second["prompt_length"] = 2
    encoder = DistinctTexts(model, padding=0)
    with encoder.batch([first, second]):
        one, other = (encoder(column)["sentence_embedding"] for column in (first, second))
    assert not torch.allclose(one, other, atol=1e-3)
    torch.testing.assert_close(other, model(dict(second))["sentence_embedding"], atol=1e-6, rtol=1e-5)

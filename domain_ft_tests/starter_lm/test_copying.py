"""A new starter copies before it is trained; how it does so says nothing of any token."""

from random import Random
from typing import Any

import pytest
import torch

from domain_ft.llm.protocol import Message
from domain_ft.starter_lm.blocks import encoded
from domain_ft.starter_lm.documents import Document
from domain_ft.starter_lm.model import new_model
from domain_ft.starter_lm.products import invented_word
from domain_ft.starter_lm.recipe import recipe_of


@pytest.fixture(scope="module")
def model(tokenizer: Any) -> Any:
    return new_model(recipe_of("s"), tokenizer).eval()


def share_right(model: Any, tokenizer: Any, *, asked_for: bool) -> float:
    """Of tokens of an answer that are foretold, where its words stand in the question, or others."""
    random = Random(1)
    right = total = 0
    for _ in range(20):
        text, other = (" ".join(invented_word(random) for _ in range(10)) for _ in range(2))
        turns = (Message("user", f"Say again: {text if asked_for else other}"), Message("assistant", f" {text}"))
        ((tokens, learned),) = encoded(tokenizer, iter([Document(turns)]))
        with torch.inference_mode():
            foretold = model(torch.tensor([tokens])).logits[0].argmax(-1).tolist()
        places = [place for place, use in enumerate(learned) if use]
        right += sum(foretold[place - 1] == tokens[place] for place in places)
        total += len(places)
    return right / total


def test_a_new_model_copies_words_that_nobody_has_seen(model: Any, tokenizer: Any) -> None:
    copied = share_right(model, tokenizer, asked_for=True)
    assert copied > 0.1
    assert copied > 3 * share_right(model, tokenizer, asked_for=False)


def test_what_embeddings_have_in_common_tells_no_token_from_another(model: Any) -> None:
    weights = model.lm_head.weight
    alike = (weights == weights[:1]).all(dim=0)
    assert 0 < int(alike.sum()) < 16
    scores = weights[:, alike] @ torch.ones(int(alike.sum()))
    assert torch.allclose(scores, scores[0].expand_as(scores))

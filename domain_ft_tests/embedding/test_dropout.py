"""Cheap dropout is dropout: the right share, the mean kept, the same draws from the same state of torch."""

from pathlib import Path
from typing import Any

import pytest
import torch

from domain_ft.embedding.dropout import CheapDropout, attention, drop, use_cheap_dropout
from domain_ft.embedding.models import encode_texts, load_model


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_share_is_dropped_and_the_mean_stays(share: float) -> None:
    torch.manual_seed(0)
    found = drop(torch.ones(400, 500), share)
    assert (found == 0).float().mean().item() == pytest.approx(share, abs=0.005)
    assert found.mean().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("share", "kept"), [(0.0, 1.0), (1.0, 0.0)])
def test_none_or_all_may_be_dropped(share: float, kept: float) -> None:
    assert drop(torch.ones(7), share).tolist() == [kept] * 7


def test_gradients_pass_where_values_did() -> None:
    values = torch.ones(30, 7, requires_grad=True)
    found = drop(values, 0.3)
    found.sum().backward()
    assert torch.equal(values.grad, found.detach())


def test_the_state_of_torch_decides_what_is_dropped() -> None:
    draws = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        draws.append(drop(torch.ones(100), 0.5))
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


def test_each_call_draws_anew() -> None:
    assert not torch.equal(drop(torch.ones(100), 0.5), drop(torch.ones(100), 0.5))


def test_in_evaluation_nothing_is_dropped() -> None:
    assert torch.equal(CheapDropout(0.5).eval()(torch.ones(100)), torch.ones(100))


@pytest.mark.parametrize("masked", [False, True])
def test_attention_is_torch_s_own_but_for_what_is_dropped(masked: bool) -> None:
    torch.manual_seed(0)
    query, key, value = (torch.randn(2, 3, 5, 4) for _ in range(3))
    mask = torch.ones(2, 1, 5, 5, dtype=torch.bool)
    mask[1, :, :, 3:] = False
    module = torch.nn.Module()
    module.is_causal = False
    asked: Any = (module, query, key, value, mask if masked else None)
    plain = attention(*asked, dropout=0.0, scaling=0.5)[0]
    often = torch.stack([attention(*asked, dropout=0.2, scaling=0.5)[0] for _ in range(3000)]).mean(dim=0)
    torch.testing.assert_close(often, plain, atol=0.05, rtol=0.05)


def test_a_model_computes_the_same_in_evaluation_and_has_the_same_weights(tiny_bert: Path) -> None:
    plain, cheap = load_model(tiny_bert), load_model(tiny_bert)
    use_cheap_dropout(cheap)
    texts = ["the login page", "fix the invoice page and the report"]
    assert encode_texts(cheap, texts) == pytest.approx(encode_texts(plain, texts), abs=1e-6)
    assert cheap.state_dict().keys() == plain.state_dict().keys()


def test_a_saved_model_does_not_know_of_it(tiny_bert: Path, tmp_path: Path) -> None:
    model = load_model(tiny_bert)
    use_cheap_dropout(model)
    model.save_pretrained(str(tmp_path / "saved"), create_model_card=False)
    assert "cheap" not in "".join(path.read_text() for path in (tmp_path / "saved").rglob("*.json"))
    assert load_model(tmp_path / "saved").transformers_model.config._attn_implementation == "sdpa"

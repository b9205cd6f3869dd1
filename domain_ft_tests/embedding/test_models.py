"""Base models are found, checked, and never run code of their own."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from domain_ft.embedding.models import encode_texts, lay_out_for_few_rows, load_model, model_encoder, resolve_base_model
from domain_ft.embedding.starter import STARTER_SHA256, starter_folder
from domain_ft.errors import DomainFtError
from domain_ft.store.home import Home


def test_the_starter_needs_no_network(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    base = resolve_base_model("starter", None, home)
    assert base.path == starter_folder()
    assert len(base.sha256) == 64


def test_loading_a_model_says_nothing_of_what_other_libraries_lack(tiny_bert: Path) -> None:
    """In a process of its own: bitsandbytes speaks when it is imported, which happens once."""
    script = (
        f"from pathlib import Path\nfrom domain_ft.embedding.models import load_model\n"
        f"load_model(Path({str(tiny_bert)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "bitsandbytes" not in done.stderr
    assert "kernels" not in done.stderr


def test_a_starter_with_other_weights_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain_ft.embedding.starter.STARTER_SHA256", "0" * 64)
    with pytest.raises(DomainFtError, match=f"not the weights of all-MiniLM-L6-v2 .sha256 {STARTER_SHA256}"):
        starter_folder()


def test_an_encoder_gives_unit_rows_in_the_order_of_the_texts(tiny_bert: Path) -> None:
    encode = model_encoder(tiny_bert, device="cpu", batch_size=2)
    texts = ["login", "the invoice page opens", "search page", "upload"]
    vectors = encode(texts)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert encode(texts[::-1]) == pytest.approx(vectors[::-1], abs=1e-5)


def test_an_encoder_of_no_texts_gives_no_rows(tiny_bert: Path) -> None:
    assert model_encoder(tiny_bert, device="cpu")([]).shape == (0, 32)


def test_weights_laid_out_for_few_rows_give_the_same_embeddings() -> None:
    model = load_model(starter_folder())
    texts = ["The train is late.", "Nobody has seen the keys since Monday."]
    before, weights = encode_texts(model, texts), {name: each.clone() for name, each in model.named_parameters()}
    lay_out_for_few_rows(model)
    linear = next(each for each in model.modules() if isinstance(each, torch.nn.Linear))
    assert not linear.weight.is_contiguous()
    assert all(torch.equal(each, weights[name]) for name, each in model.named_parameters())
    np.testing.assert_allclose(encode_texts(model, texts), before, atol=1e-6)

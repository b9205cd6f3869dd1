"""Base models are found, checked, and never run code of their own."""

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from domain_ft.embedding.models import (
    encode_texts,
    lay_out_for_few_rows,
    load_model,
    model_digest,
    model_encoder,
    resolve_base_model,
)
from domain_ft.embedding.starter import STARTER_SHA256, starter_folder
from domain_ft.errors import DomainFtError, InputError
from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder


@pytest.fixture
def folder(home: Home, tiny_bert: Path) -> Path:
    """A local model folder under the state root."""
    return Path(shutil.copytree(tiny_bert, home.root / "mine"))


def test_the_starter_needs_no_network(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    base = resolve_base_model("starter", None, home)
    assert base.path == starter_folder()
    assert len(base.sha256) == 64


def test_a_starter_with_other_weights_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain_ft.embedding.starter.STARTER_SHA256", "0" * 64)
    with pytest.raises(DomainFtError, match=f"not the weights of all-MiniLM-L6-v2 .sha256 {STARTER_SHA256}"):
        starter_folder()


def test_a_local_folder_is_found_relative_to_the_state_root(home: Home, folder: Path) -> None:
    assert resolve_base_model("mine", None, home).path == folder


def test_a_folder_outside_the_allowed_roots_is_refused(home: Home, tiny_bert: Path) -> None:
    with pytest.raises(InputError, match="outside the folders that may be read"):
        resolve_base_model(str(tiny_bert), None, home)


def test_weights_in_a_pickle_are_refused_by_name(home: Home, folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"mine/pytorch_model.bin: weights in a pickle"):
        resolve_base_model("mine", None, home)


def test_a_module_whose_weights_are_a_pickle_is_refused(home: Home, folder: Path) -> None:
    (folder / "1_Pooling" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(InputError, match=r"1_Pooling/pytorch_model.bin: weights in a pickle"):
        resolve_base_model("mine", None, home)


def test_a_config_that_asks_for_its_own_code_is_refused(home: Home, folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "evil.Model"}}))
    with pytest.raises(InputError, match=r"config.json: asks for code of its own \(auto_map\)"):
        resolve_base_model("mine", None, home)


def test_a_module_of_another_package_is_refused(home: Home, folder: Path) -> None:
    (folder / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "", "type": "evil.Module"}]))
    with pytest.raises(InputError, match=r"modules.json: asks for code of its own \(evil.Module\)"):
        resolve_base_model("mine", None, home)


def test_a_folder_that_is_no_model_is_refused(home: Home) -> None:
    (home.root / "empty").mkdir()
    with pytest.raises(InputError, match="empty: not a model folder"):
        resolve_base_model("empty", None, home)


def test_a_folder_without_weights_is_refused(home: Home, folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match="holds no weights"):
        resolve_base_model("mine", None, home)


def test_a_name_that_is_nothing_is_refused(home: Home) -> None:
    with pytest.raises(InputError, match="'startr' is neither `starter`, nor a folder"):
        resolve_base_model("startr", None, home)


def test_a_hub_that_cannot_be_reached_is_a_sentence_that_says_how_to_do_without(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    start = time.monotonic()
    with pytest.raises(InputError, match=r"cannot be reached for some/model .* `hf download some/model") as error:
        resolve_base_model("some/model", None, home)
    assert time.monotonic() - start < 20
    assert "\n" not in str(error.value)


def test_a_hub_model_that_was_downloaded_before_needs_no_hub(
    home: Home, tiny_bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    kept = home.cache / "hub" / "models--some--model"
    shutil.copytree(tiny_bert, kept / "snapshots" / ("a" * 40))
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("a" * 40)
    base = resolve_base_model("some/model", None, home)
    assert base.path == kept / "snapshots" / ("a" * 40)
    assert base.sha256 == model_digest(tiny_bert)


def test_the_digest_of_a_model_is_the_same_before_and_after_publishing(home: Home, folder: Path) -> None:
    def write(into: Path) -> dict[str, str]:
        shutil.copytree(folder, into, dirs_exist_ok=True)
        (into / "README.md").write_text("a card")
        (into / "training_log.jsonl").write_text("{}")
        return {"kind": "embedding_model"}

    assert model_digest(publish_folder(home.models("d") / "v", write)) == model_digest(folder)


def test_the_digest_of_a_model_changes_with_its_weights(folder: Path) -> None:
    before = model_digest(folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes() + b" ")
    assert model_digest(folder) != before


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

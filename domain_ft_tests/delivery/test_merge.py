"""A merged model, and the GGUF files of it and of its adapter, say what base and adapter say."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain_ft.delivery.gguf_file import write_adapter, write_model
from domain_ft.delivery.gguf_logits import GgufModel
from domain_ft.delivery.merge import merge_adapter
from domain_ft.errors import DomainFtError, InputError
from domain_ft_tests.delivery.test_gguf import TEXT, logits, tokens_of
from domain_ft_tests.delivery.tiny_adapter import make_tiny_adapter
from domain_ft_tests.llm.tiny_causal import make_tiny_causal


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_causal(tmp_path_factory.mktemp("base") / "tiny", heads=4, key_heads=2)


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_adapter(base, tmp_path_factory.mktemp("adapter") / "lora")


@pytest.fixture(scope="module")
def merged(base: Path, adapter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("merged") / "whole"
    merge_adapter(base, adapter, folder, [TEXT])
    return folder


def tuned_logits(base: Path, adapter: Path) -> Any:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(str(base)), str(adapter)).eval()
    with torch.inference_mode():
        return model(torch.tensor([tokens_of(base)])).logits[0].numpy()


def test_a_merged_model_computes_what_base_and_adapter_do(base: Path, adapter: Path, merged: Path) -> None:
    expected = tuned_logits(base, adapter)
    np.testing.assert_allclose(logits(merged, tokens_of(base)), expected, atol=1e-4 * np.abs(expected).max())
    assert np.abs(logits(base, tokens_of(base)) - expected).max() > 0.1


def test_a_merged_model_has_the_chat_template(merged: Path) -> None:
    from transformers import AutoTokenizer

    assert AutoTokenizer.from_pretrained(str(merged)).chat_template


def test_a_merged_model_as_gguf_computes_the_same(base: Path, adapter: Path, merged: Path, tmp_path: Path) -> None:
    write_model(merged, tmp_path / "merged.gguf", "merged", "f32")
    expected = tuned_logits(base, adapter)
    found = GgufModel.read(tmp_path / "merged.gguf").logits(tokens_of(base))
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_an_adapter_as_gguf_makes_the_merged_weights_of_the_bases(
    base: Path, adapter: Path, merged: Path, tmp_path: Path
) -> None:
    import gguf

    write_model(base, tmp_path / "base.gguf", "base", "f32")
    write_model(merged, tmp_path / "merged.gguf", "merged", "f32")
    write_adapter(adapter, base, tmp_path / "adapter.gguf", "adapter")
    reader = gguf.GGUFReader(tmp_path / "adapter.gguf")
    pairs = {each.name: np.asarray(each.data) for each in reader.tensors}
    scale = reader.fields["adapter.lora.alpha"].contents() / 4
    before, after = (GgufModel.read(tmp_path / f"{name}.gguf").tensors for name in ("base", "merged"))
    changed = {name.removesuffix(".lora_a") for name in pairs if name.endswith(".lora_a")}
    assert len(changed) == 7
    for name in changed:
        made = before[name] + scale * pairs[f"{name}.lora_b"] @ pairs[f"{name}.lora_a"]
        np.testing.assert_allclose(made, after[name], atol=1e-5)


@pytest.mark.parametrize("option", ["use_rslora", "use_dora"])
def test_an_adapter_that_gguf_has_no_place_for_is_refused(base: Path, tmp_path: Path, option: str) -> None:
    other = make_tiny_adapter(base, tmp_path / "other", **{option: True})
    with pytest.raises(InputError, match=f"was trained with {option}, for which GGUF has no place; merge it instead"):
        write_adapter(other, base, tmp_path / "adapter.gguf", "adapter")
    assert not list(tmp_path.glob("*.gguf"))


@pytest.mark.parametrize("layer", ["lm_head", "embed_tokens"])
def test_an_adapter_of_embeddings_is_refused_for_what_is_saved_with_it(base: Path, tmp_path: Path, layer: str) -> None:
    other = make_tiny_adapter(base, tmp_path / "other", target_modules=[layer])
    with pytest.raises(InputError, match=r"embed.*, for which GGUF has no place; merge it instead"):
        write_adapter(other, base, tmp_path / "adapter.gguf", "adapter")


def test_a_merge_that_computes_something_else_is_refused(
    base: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain_ft.delivery.merge._TOLERANCE", 0.0)
    with pytest.raises(DomainFtError, match="merged into tiny it computes something else"):
        merge_adapter(base, adapter, tmp_path / "whole", [TEXT])
    assert not (tmp_path / "whole").exists()


def test_an_adapter_of_one_of_two_tied_weights_cannot_be_merged(tmp_path: Path) -> None:
    tied = make_tiny_causal(tmp_path / "tied", tied=True)
    other = make_tiny_adapter(tied, tmp_path / "lora", target_modules=["lm_head"])
    with pytest.raises(DomainFtError, match="merged into tied it computes something else"):
        merge_adapter(tied, other, tmp_path / "whole", [TEXT])


def test_an_adapter_of_another_base_cannot_be_merged(adapter: Path, tmp_path: Path) -> None:
    other = make_tiny_causal(tmp_path / "other", heads=2, key_heads=2)
    with pytest.raises(DomainFtError, match="cannot be loaded as an adapter of this model"):
        merge_adapter(other, adapter, tmp_path / "whole", [TEXT])


def test_an_adapter_whose_configuration_is_gone_is_refused(base: Path, adapter: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(adapter, tmp_path / "lora")
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "NONE"}))
    with pytest.raises(DomainFtError, match="lora: cannot be loaded as an adapter of this model"):
        merge_adapter(base, folder, tmp_path / "whole", [TEXT])


def test_an_adapter_without_weights_is_refused(base: Path, adapter: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(adapter, tmp_path / "lora", ignore=shutil.ignore_patterns("*.safetensors"))
    with pytest.raises(DomainFtError, match=r"lora: holds no adapter \(adapter_model.safetensors\)"):
        merge_adapter(base, folder, tmp_path / "whole", [TEXT])

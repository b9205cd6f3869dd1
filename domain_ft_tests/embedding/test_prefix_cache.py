"""Frozen layers run once per text, and training is the same as if they ran each time."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from domain_ft.embedding import prefix_states
from domain_ft.embedding.assemble import assemble_training
from domain_ft.embedding.freeze import freeze_lower_layers
from domain_ft.embedding.frozen_prefix import divide_encoder
from domain_ft.embedding.job import PREFIX_NOTE
from domain_ft.embedding.models import load_model
from domain_ft.embedding.prefix_states import PrefixStates, write_states
from domain_ft.training.progress import ignore
from domain_ft.training.stop import StopRequest, TrainingStoppedError

FROZEN = {"freeze_layers": 1}


def caches(world: Any) -> list[Path]:
    return sorted(world.home.frozen_prefixes("tiny").glob("*"))


@contextmanager
def no_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(prefix_states, "SPARE_BYTES", 2**62)
        yield


def loss_and_gradients(world: Any, **changes: Any) -> tuple[float, dict[str, torch.Tensor]]:
    """Of the first batch, with the seed of dropout set."""
    job = world.job(**changes)
    trainer = assemble_training(job, world.settings(**changes), ignore, StopRequest()).trainer
    rows = [trainer.train_dataset[row] for row in trainer._rows.batches.epoch(0)[0]]
    trainer.model.train()
    torch.manual_seed(3)
    with torch.autocast("cpu", torch.bfloat16, enabled=job.precision == "bf16"):
        loss = trainer.compute_loss(trainer.model, trainer.data_collator(rows))
    loss.backward()
    found = {name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None}
    return loss.item(), found


@pytest.mark.parametrize(
    "loss", ["multiple_negatives_ranking", "triplet", "relation", "gist", "cached_multiple_negatives_ranking"]
)
@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-5), ("bf16", 2e-2)])
def test_losses_and_gradients_are_those_of_the_whole_model(
    world: Any, monkeypatch: pytest.MonkeyPatch, loss: str, precision: str, tolerance: float
) -> None:
    options = {**FROZEN, "precision": precision, "loss": loss, "direction": "anchor_to_positive"}
    cached, cached_gradients = loss_and_gradients(world, **options)
    shutil.rmtree(world.home.frozen_prefixes("tiny"))
    with no_room(monkeypatch):
        plain, gradients = loss_and_gradients(world, **options)
    assert caches(world) == []
    assert cached == pytest.approx(plain, rel=tolerance)
    assert gradients.keys() == cached_gradients.keys()
    assert any("layer.1" in name for name in gradients)
    largest = max(gradient.abs().max().item() for gradient in gradients.values())
    for name, gradient in gradients.items():
        # That of a key's bias is zero but for rounding, for softmax does not see it: it has no scale of its own.
        scale = gradient.abs().max().item() + 1e-4 * largest
        torch.testing.assert_close(cached_gradients[name], gradient, atol=tolerance * scale, rtol=tolerance)


def test_the_model_is_whole_and_that_of_a_training_without_the_cache(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {**FROZEN, "max_steps": 4}
    cached = load_file(world.fit(**options).path / "model.safetensors")
    with no_room(monkeypatch):
        plain = load_file(world.fit_elsewhere(**options).path / "model.safetensors")
    base = load_file(world.home.root / "tiny_bert" / "model.safetensors")
    assert cached.keys() == plain.keys() == base.keys()
    for name, weights in plain.items():
        torch.testing.assert_close(cached[name], weights, atol=1e-4, rtol=1e-3)
    assert any((cached[name] != base[name]).any() for name in base)


def test_the_frozen_layers_do_not_run_in_a_step(world: Any) -> None:
    parts = assemble_training(world.job(**FROZEN), world.settings(**FROZEN), ignore, StopRequest())
    ran = []
    layers = parts.trainer.model.transformers_model.encoder.layer
    for number, layer in enumerate(layers):
        layer.register_forward_hook(lambda module, inputs, output, number=number: ran.append(number))
    rows = [parts.trainer.train_dataset[row] for row in parts.batches.epoch(0)[0]]
    parts.trainer.compute_loss(parts.trainer.model, parts.trainer.data_collator(rows)).backward()
    assert set(ran) == {1}


def test_a_text_that_is_not_in_the_cache_goes_through_the_whole_model(world: Any) -> None:
    parts = assemble_training(world.job(**FROZEN), world.settings(**FROZEN), ignore, StopRequest())
    model = parts.trainer.model.eval()
    texts = ["a text of nowhere", parts.examples.anchors[0]]
    found = parts.trainer.loss.model(model.preprocess(texts))["sentence_embedding"]
    torch.testing.assert_close(found, model(model.preprocess(texts))["sentence_embedding"], atol=1e-5, rtol=1e-4)


def test_the_events_the_manifest_and_the_card_say_that_the_cache_is_used(world: Any) -> None:
    fitted = world.fit(**FROZEN, max_steps=2)
    texts = {text for column in ("anchor", "positive") for text in training_texts(world)[column]}
    assert [event.message for event in fitted.of("prefix")] == [fitted.manifest["frozen_prefix"]["sentence"]]
    assert fitted.manifest["frozen_prefix"]["used"] is True
    assert fitted.manifest["frozen_prefix"]["texts"] == len(texts | set(training_texts(world)["negative"]))
    assert "In training the output of 1 frozen layer is computed once" in (fitted.path / "README.md").read_text()


def test_without_frozen_layers_there_is_no_cache(world: Any) -> None:
    fitted = world.fit(max_steps=1)
    assert fitted.manifest["frozen_prefix"] is None
    assert fitted.of("prefix") == []
    assert caches(world) == []


def test_a_disk_without_room_is_said_and_the_whole_model_runs(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with no_room(monkeypatch):
        fitted = world.fit(**FROZEN, max_steps=1)
    assert fitted.manifest["frozen_prefix"]["used"] is False
    assert "the output of 1 frozen layer is computed in every step, without a cache: " in fitted.of("prefix")[0].message
    assert "to spare are needed on the disk" in (fitted.path / "README.md").read_text()


def test_a_disk_that_fills_up_is_said_and_the_whole_model_runs(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*unused: Any, **also_unused: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(prefix_states.np, "save", full)
    fitted = world.fit(**FROZEN, max_steps=1)
    assert "No space left on device" in fitted.manifest["frozen_prefix"]["sentence"]
    assert caches(world) == []


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_stopped_training_goes_on_to_the_same_weights(world: Any, precision: str) -> None:
    options = {**FROZEN, "precision": precision, "epochs": 1}
    with pytest.raises(TrainingStoppedError):
        world.fit(stop_at=5, **options)
    resumed = world.fit(**options)
    assert [event.step for event in resumed.of("resumed")] == [5]
    assert len(caches(world)) == 1
    assert resumed.weights == world.fit_elsewhere(**options).weights


def test_a_cache_that_a_kill_left_half_written_is_not_used(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def killed(*unused: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("domain_ft.store.publish._fsync_tree", killed)
        patch.setattr("domain_ft.store.publish.shutil.rmtree", lambda *unused, **also: None)
        with pytest.raises(Killed):
            world.fit(**FROZEN, max_steps=2)
    assert [path.name.startswith(".unfinished-") for path in caches(world)] == [True]
    assert world.fit(**FROZEN, max_steps=2).weights == world.fit_elsewhere(**FROZEN, max_steps=2).weights


def test_an_altered_cache_is_made_again(world: Any) -> None:
    first = world.fit(**FROZEN, max_steps=2)
    states = caches(world)[0] / "states.bin"
    states.write_bytes(bytes(len(states.read_bytes())))
    shutil.rmtree(first.path)
    assert world.fit(**FROZEN, max_steps=2).weights == first.weights
    assert any(states.read_bytes())


def test_the_next_training_on_the_same_texts_takes_what_is_there(world: Any) -> None:
    world.fit(**FROZEN, max_steps=1)
    written = (caches(world)[0] / "states.bin").stat().st_mtime_ns
    world.fit(**FROZEN, max_steps=1, learning_rate=1e-4)
    assert len(caches(world)) == 1
    assert (caches(world)[0] / "states.bin").stat().st_mtime_ns == written


@pytest.mark.parametrize("other", [{"freeze_layers": 2}, {"max_seq_length": 8}, {"precision": "bf16"}])
def test_another_depth_length_or_precision_is_another_cache(
    world: Any, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
) -> None:
    from domain_ft_tests.tiny_model import make_tiny_model

    make_tiny_model(world.home.root / "deep", layers=3)
    options = {**FROZEN, "base_model": "deep", "max_steps": 1}
    world.fit(**options)
    world.fit(**{**options, **other})
    assert len(caches(world)) == 2


def test_a_request_to_stop_is_heard_while_the_cache_is_made(world: Any) -> None:
    stop = StopRequest()
    stop.ask("the test")
    with pytest.raises(TrainingStoppedError, match="stopped before the first step"):
        assemble_training(world.job(**FROZEN), world.settings(**FROZEN), ignore, stop)
    assert caches(world) == []


def test_the_work_folder_names_the_cache_it_uses(world: Any) -> None:
    assemble_training(world.job(**FROZEN), world.settings(**FROZEN), ignore, StopRequest())
    note = json.loads((world.job(**FROZEN).work / PREFIX_NOTE).read_text())
    assert [path.name for path in caches(world)] == [note["cache"]]


def test_validation_sees_the_weights_as_they_are(world: Any) -> None:
    fitted = world.fit(**FROZEN, eval_steps=3, learning_rate=2e-2)
    scores = [event.values["similarity_gap"] for event in fitted.of("evaluation")]
    assert len(set(scores)) == len(scores)


def test_states_come_back_as_they_were_written(tmp_path: Path) -> None:
    rows = {bytes([number]) * 16: torch.randn(number + 1, 4).bfloat16() for number in range(3)}
    write_states(tmp_path / "states", rows.items(), size=4, dtype=torch.bfloat16, about={})
    states = PrefixStates(tmp_path / "states")
    found = states.of(list(rows))
    assert found.shape == (3, 3, 4)
    assert found.dtype == torch.bfloat16
    for number, (digest, expected) in enumerate(rows.items()):
        assert digest in states
        assert torch.equal(found[number, : number + 1], expected)
        assert not found[number, number + 1 :].any()


def build(kind: str, folder: Path) -> Any:
    """A random encoder of another architecture with the tiny model's tokenizer."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import (
        AutoTokenizer,
        DistilBertConfig,
        DistilBertModel,
        MPNetConfig,
        MPNetModel,
        T5Config,
        T5EncoderModel,
        XLMRobertaConfig,
        XLMRobertaModel,
    )

    sizes = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 64}
    size = {"vocab_size": 200, **sizes, "max_position_embeddings": 66}
    torch.manual_seed(0)
    model: Any = {
        "mpnet": lambda: MPNetModel(MPNetConfig(**size)),
        "xlm_roberta": lambda: XLMRobertaModel(XLMRobertaConfig(**size)),
        "distilbert": lambda: DistilBertModel(DistilBertConfig(vocab_size=200, dim=32, n_layers=3, n_heads=2)),
        "t5": lambda: T5EncoderModel(T5Config(vocab_size=200, d_model=32, d_kv=16, num_layers=3, num_heads=2)),
    }[kind]()
    model.save_pretrained(folder / "plain")
    AutoTokenizer.from_pretrained(os.fspath(folder / "tokenizer")).save_pretrained(folder / "plain")
    transformer = Transformer(os.fspath(folder / "plain"), max_seq_length=32)
    return SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu")


@pytest.mark.parametrize(
    ("kind", "divides"), [("mpnet", True), ("xlm_roberta", True), ("distilbert", True), ("t5", False)]
)
def test_an_architecture_is_divided_only_where_its_halves_make_a_whole(
    tiny_bert: Path, tmp_path: Path, kind: str, divides: bool
) -> None:
    load_model(tiny_bert).tokenizer.save_pretrained(tmp_path / "tokenizer")
    model = build(kind, tmp_path)
    freeze_lower_layers(model.transformers_model, 2)
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    divided = divide_encoder(model, 2)
    assert (divided is not None) == divides
    assert {name: weights.shape for name, weights in model.state_dict().items()} == {
        name: weights.shape for name, weights in before.items()
    }


def test_what_frozen_layers_share_with_the_others_is_frozen_too(tiny_bert: Path, tmp_path: Path) -> None:
    load_model(tiny_bert).tokenizer.save_pretrained(tmp_path / "tokenizer")
    model = build("mpnet", tmp_path)
    freeze_lower_layers(model.transformers_model, 1)
    divide_encoder(model, 1)
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert not any("relative_attention_bias" in name for name in trained)
    assert any("layer.1" in name for name in trained)


def training_texts(world: Any) -> dict[str, list[str]]:
    from domain_ft.embedding.data import read_training_rows

    return read_training_rows(world.dataset)

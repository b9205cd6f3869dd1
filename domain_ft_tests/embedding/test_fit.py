"""A whole training in this process: what it publishes, and that a stopped one goes on to the same weights."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain_ft.embedding.models import model_encoder
from domain_ft.errors import DomainFtError, InputError
from domain_ft.store.publish import is_published, pointed, verify_folder
from domain_ft.training.stop import TrainingStoppedError
from domain_ft_tests.hostile.failing import alter_byte, cut_short


def test_a_training_publishes_a_folder_that_verifies_and_that_current_points_to(world: Any) -> None:
    fitted = world.fit()
    verify_folder(fitted.path)
    assert pointed(world.home.models("tiny") / "current") == fitted.path
    assert {"README.md", "training_log.jsonl", "model.safetensors"} <= set(fitted.manifest["files"])
    assert not list(fitted.path.rglob("*.bin"))
    assert any(name.startswith("tensorboard/") for name in fitted.manifest["files"])


def test_the_model_learns_what_the_history_holds(world: Any) -> None:
    fitted = world.fit(epochs=8, learning_rate=5e-3)
    manifest = fitted.manifest
    assert manifest["loss_curve"]["last"] < 0.7 * manifest["loss_curve"]["first"]
    assert manifest["validation"]["map"] > manifest["base_validation"]["map"]


def test_the_published_model_encodes_texts_to_unit_rows(world: Any) -> None:
    vectors = model_encoder(world.fit(max_steps=2).path, device="cpu")(["login page", "the tax"])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_the_manifest_says_what_was_trained_on_what_and_how(world: Any) -> None:
    manifest = world.fit(max_steps=3, freeze_layers=1).manifest
    assert manifest["kind"] == "embedding_model"
    assert manifest["train_examples"] == 80
    assert manifest["steps"] == 3
    assert manifest["frozen_layers"] == 1
    assert manifest["precision"] == "fp32"
    assert manifest["seed"] == 42
    assert manifest["dataset_digest"] == world.dataset.name
    assert 0 < manifest["trainable_parameters"] < manifest["total_parameters"]
    assert manifest["library_versions"]["torch"]
    assert manifest["examples_per_second"] > 0


def test_the_card_holds_no_training_text(world: Any) -> None:
    card = (world.fit(max_steps=2).path / "README.md").read_text()
    assert "the login page" not in card
    assert "amber" not in card
    assert "n = 10 builds" in card
    assert "SentenceTransformer(" in card


def test_the_log_holds_each_loss_and_each_evaluation_once(world: Any) -> None:
    lines = (world.fit(eval_steps=12).path / "training_log.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["step"] for entry in entries if "loss" in entry] == list(range(1, 43))
    assert [entry["step"] for entry in entries if "validation_map" in entry] == [0, 12, 24, 36, 42]


def test_the_plan_is_told_before_the_first_step(world: Any) -> None:
    events = world.fit(max_steps=2).events
    assert events[0].kind == "plan"
    values = events[0].values
    assert (values["examples"], values["steps"], values["layers"]) == (80, 2, 2)
    assert values["estimated_seconds"] > 0
    assert values["estimated_memory_bytes"] > 0
    assert "80 triplets, 2 steps of 4" in events[0].message


@pytest.mark.parametrize(
    "stop_at", [pytest.param(5, marks=pytest.mark.slow), 21, pytest.param(42, marks=pytest.mark.slow)]
)
def test_a_stopped_training_goes_on_to_the_same_weights(world: Any, stop_at: int) -> None:
    try:
        world.fit(stop_at=stop_at, save_steps=100)
    except TrainingStoppedError as stopped:
        assert f"stopped after step {stop_at} of 42" in str(stopped)  # noqa: PT017 - step 42 is the end, no stop
    resumed = world.fit(save_steps=100)
    undisturbed = world.fit_elsewhere(save_steps=100)
    assert resumed.weights == undisturbed.weights
    assert resumed.manifest["validation"] == undisturbed.manifest["validation"]
    log = "training_log.jsonl"
    assert (resumed.path / log).read_text() == (undisturbed.path / log).read_text()


def test_a_stopped_training_with_accumulation_and_triplet_loss_goes_on_to_the_same_weights(world: Any) -> None:
    options = {"loss": "triplet", "gradient_accumulation_steps": 2, "epochs": 3, "eval_steps": 4}
    with pytest.raises(TrainingStoppedError):
        world.fit(stop_at=7, **options)
    resumed = world.fit(**options)
    assert [event.step for event in resumed.of("resumed")] == [7]
    assert resumed.weights == world.fit_elsewhere(**options).weights


@pytest.mark.parametrize(("file", "damage"), [("optimizer.pt", cut_short), ("model.safetensors", alter_byte)])
def test_a_checkpoint_that_is_not_whole_is_passed_over(world: Any, file: str, damage: Callable[[Path], None]) -> None:
    with pytest.raises(TrainingStoppedError):
        world.fit(stop_at=9, save_steps=4)
    work = world.job(save_steps=4).work / "checkpoints"
    damage(work / "checkpoint-9" / file)
    resumed = world.fit(save_steps=4)
    assert [event.step for event in resumed.of("resumed")] == [8]
    assert resumed.weights == world.fit_elsewhere(save_steps=4).weights


def test_a_training_that_had_ended_but_was_not_published_is_published_without_another_step(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domain_ft.embedding import fit as module

    options = {"eval_steps": 3, "early_stopping_patience": 2, "learning_rate": 1e-12}

    def full_disk(*unused: Any) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "publish_model", full_disk)
        with pytest.raises(OSError, match="No space left"):
            world.fit(**options)
    published = world.fit(**options)
    assert published.of("log") == []
    assert [event.step for event in published.of("resumed")] == [9]
    assert published.weights == world.fit_elsewhere(**options).weights


def test_asked_to_stop_before_the_first_step_it_stops(world: Any) -> None:
    from domain_ft.embedding.fit import fit
    from domain_ft.training.stop import StopRequest

    stop = StopRequest()
    stop.ask("the test")
    job = world.job()
    with pytest.raises(TrainingStoppedError, match="stopped after step 0 of 42"):
        fit(job, lambda event: None, stop)
    assert not is_published(job.target)


def test_a_loss_that_becomes_nan_is_a_sentence_and_nothing_is_published(world: Any) -> None:
    with pytest.raises(DomainFtError, match=r"NaN or infinite by step .* try a lower learning_rate"):
        world.fit(learning_rate=1e30, warmup_ratio=0.0, max_grad_norm=1e30, schedule="constant")
    assert not is_published(world.job(learning_rate=1e30, warmup_ratio=0.0).target)


def test_a_loss_that_does_not_fall_is_named_in_the_outcome(world: Any) -> None:
    fitted = world.fit(learning_rate=1e-12)
    assert any("the loss did not fall" in warning for warning in fitted.manifest["warnings"])
    assert any("the loss did not fall" in event.message for event in fitted.of("warning"))


def test_a_base_model_that_changed_since_the_job_was_written_is_refused(world: Any) -> None:
    from domain_ft.embedding.fit import fit
    from domain_ft.training.stop import StopRequest

    job = world.job()
    config = job.base.path / "config.json"
    config.write_text(config.read_text() + " ")
    with pytest.raises(DomainFtError, match="has changed since the job was written"):
        fit(job, lambda event: None, StopRequest())


def test_a_gpu_that_is_not_there_is_refused(world: Any) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(InputError, match="device: cuda is asked for"):
        world.fit(device="cuda")


def test_fp16_on_a_cpu_is_refused(world: Any) -> None:
    with pytest.raises(InputError, match="fp16 cannot train on a cpu"):
        world.fit(precision="fp16")

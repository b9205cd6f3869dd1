"""A whole training of an adapter in this process: what it publishes, and that a stopped one goes on to the same."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from domain_ft.adapter import probe as probe_module
from domain_ft.adapter import publish_adapter as publish_module
from domain_ft.adapter.card import base_of
from domain_ft.adapter.load import check_base, load_adapter
from domain_ft.adapter.publish_adapter import save_adapter
from domain_ft.adapter.task import RequirementsTask
from domain_ft.adapter.trainer import AdapterTrainer
from domain_ft.errors import DomainFtError, InputError
from domain_ft.store.publish import is_published, pointed, verify_folder, write_json
from domain_ft.training.checkpoints import whole_checkpoints
from domain_ft.training.stop import TrainingStoppedError
from domain_ft_tests.hostile.failing import file_size_limit
from domain_ft_tests.llm.tiny_causal import make_tiny_causal

KEYS = {
    "base_model", "train_dataset", "val_dataset", "train_examples", "val_examples", "epochs", "learning_rate",
    "batch_size", "grad_accum_steps", "effective_batch_size", "lora_r", "lora_alpha", "lora_dropout", "max_length",
    "seed", "train_limit", "val_limit", "max_steps", "quantization", "trainable_params", "total_params",
    "trainable_percentage",
}  # fmt: skip


@pytest.fixture
def scores(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Scores that the task gives one after the other, in place of answers; the base model's first."""

    def give(*values: float) -> None:
        left = list(values)
        monkeypatch.setattr(RequirementsTask, "metrics", lambda *_: figures(left.pop(0) if left else 0.0))

    return give


def figures(score: float) -> dict[str, float]:
    names = ("valid_share", "schema_complete", "ids", "priorities", "grounding", "originality")
    return {"score": score, **dict.fromkeys(names, score)}


def test_a_training_publishes_a_folder_that_verifies_and_that_current_points_to(world: Any) -> None:
    fitted = world.fit()
    verify_folder(fitted.path)
    assert pointed(world.home.models("requirements") / "current") == fitted.path
    files = set(fitted.manifest["files"])
    assert {"adapter_model.safetensors", "adapter_config.json", "tokenizer.json", "chat_template.jinja"} <= files
    assert {"README.md", "training_info.json", "training_log.jsonl"} <= files
    assert any(name.startswith("tensorboard/") for name in files)
    assert not list(fitted.path.rglob("*.bin"))
    assert not (world.job().work / "checkpoints").exists()


def test_the_manifest_says_what_was_trained_on_what_and_how(world: Any) -> None:
    manifest = world.fit(max_steps=2).manifest
    assert (manifest["kind"], manifest["base_model"], manifest["steps"]) == ("lora_adapter", "tiny_llama", 2)
    assert manifest["base_sha256"] == world.job().base.sha256
    assert manifest["dataset_digest"] == world.dataset.name
    assert (manifest["train_examples"], manifest["truncated_rows"], manifest["dropped_rows"]) == (12, 0, 0)
    assert 0 < manifest["trainable_parameters"] < manifest["total_parameters"]
    assert manifest["tokens_per_second"] > manifest["examples_per_second"] > 0
    assert manifest["library_versions"].keys() >= {"torch", "trl", "peft"}


def test_the_training_info_has_the_keys_that_older_scripts_read(world: Any, scores: Any) -> None:
    scores()
    info = json.loads((world.fit(max_steps=1, train_limit=6).path / "training_info.json").read_text())
    assert info.keys() == KEYS
    assert (info["train_examples"], info["val_examples"], info["effective_batch_size"]) == (6, 2, 4)
    assert info["trainable_percentage"] == pytest.approx(100 * info["trainable_params"] / info["total_params"])


def test_the_adapter_computes_elsewhere_what_it_did_in_training(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    trained: list[torch.Tensor] = []
    ids = torch.tensor([[9, 8, 7, 6]])

    def keep(trainer: AdapterTrainer, *unused: Any) -> None:
        with torch.inference_mode():
            trained.append(trainer.model.eval()(input_ids=ids).logits)

    monkeypatch.setattr("domain_ft.adapter.fit.take_best", keep)
    path = world.fit(learning_rate=0.1).path
    base = AutoModelForCausalLM.from_pretrained(str(world.base), dtype=torch.float32)
    with torch.inference_mode():
        untuned = base(input_ids=ids).logits
        tuned = PeftModel.from_pretrained(base, str(path)).eval()(input_ids=ids).logits
    torch.testing.assert_close(tuned, trained[0])
    assert not torch.allclose(tuned, untuned, atol=1e-3)
    assert AutoTokenizer.from_pretrained(str(path)).chat_template


def test_the_loss_falls(world: Any, scores: Any) -> None:
    scores()
    manifest = world.fit(epochs=8, learning_rate=0.05, early_stopping_patience=None).manifest
    assert manifest["loss_curve"]["last"] < 0.98 * manifest["loss_curve"]["first"]


def test_the_log_holds_each_loss_and_each_evaluation_once(world: Any) -> None:
    lines = (world.fit().path / "training_log.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["step"] for entry in entries if "loss" in entry] == [1, 2, 3, 4, 5, 6]
    assert [entry["step"] for entry in entries if "validation_score" in entry] == [0, 3, 6]
    assert [entry["step"] for entry in entries if "validation_loss" in entry] == [3, 6]


def test_what_is_learned_and_what_it_will_take_are_told_before_the_first_step(world: Any, scores: Any) -> None:
    scores()
    labels, plan, base, *_ = world.fit(max_steps=2, learning_rate=1e-3).events
    assert (labels.kind, plan.kind, base.kind) == ("labels", "plan", "evaluation")
    assert labels.values["preview"].count("⟦") == labels.values["preview"].count("⟧") == 1
    assert labels.values["preview"].endswith("<|end|>⟧")
    assert (plan.values["examples"], plan.values["steps"]) == (12, 2)
    assert plan.values["estimated_seconds"] > 0
    assert 0 < plan.values["estimated_memory_bytes"] < plan.values["available_memory_bytes"]
    assert "12 records (0 cut, 0 left out), 2 steps" in plan.message


@pytest.mark.parametrize(
    ("stop_at", "stop_when"),
    [
        pytest.param(2, "log", marks=pytest.mark.slow),
        pytest.param(5, "log", marks=pytest.mark.slow),
        (6, "log"),
        pytest.param(9, "checkpoint", marks=pytest.mark.slow),
    ],
)
def test_a_stopped_training_goes_on_to_the_same_adapter(world: Any, scores: Any, stop_at: int, stop_when: str) -> None:
    scores(0.1, 0.2, 0.3)
    with pytest.raises(TrainingStoppedError, match=f"stopped after step {stop_at} of 9"):
        world.fit(stop_at, stop_when, epochs=3, lora_dropout=0.3, save_steps=2)
    scores(0.1, *([0.2, 0.3, 0.4][(stop_at - 1) // 3 :]))
    resumed = world.fit(epochs=3, lora_dropout=0.3, save_steps=2)
    assert [event.step for event in resumed.of("resumed")] == [stop_at]
    scores(0.1, 0.2, 0.3, 0.4)
    undisturbed = world.fit_elsewhere(epochs=3, lora_dropout=0.3, save_steps=2)
    assert resumed.weights == undisturbed.weights
    assert resumed.manifest["steps"] == undisturbed.manifest["steps"] == 9
    assert told_steps(resumed.path) == told_steps(undisturbed.path)


def told_steps(path: Path) -> list[tuple[int, float | None, float | None]]:
    """Step, score and loss of each evaluation in the log, and the losses of training."""
    entries = [json.loads(line) for line in (path / "training_log.jsonl").read_text().splitlines()]
    return [
        (each["step"], each.get("validation_score"), each.get("validation_loss", each.get("loss"))) for each in entries
    ]


def test_a_stop_amid_the_answers_of_an_evaluation_is_heard_and_loses_no_step(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked_meanwhile(task: RequirementsTask, model: Any, check: Any) -> dict[str, float]:
        trainer = getattr(check, "__self__", None)
        if trainer is not None:
            trainer.stop.ask("the test")
            check()
            pytest.fail("it went on")
        return figures(0.1)

    monkeypatch.setattr(RequirementsTask, "metrics", asked_meanwhile)
    with pytest.raises(TrainingStoppedError, match=r"stopped after step 3 of 6 \(the test\)"):
        world.fit()
    assert [each.step for each in whole_checkpoints(world.job().work / "checkpoints")] == [3]


def test_a_stop_before_the_base_model_has_answered_is_heard(world: Any) -> None:
    with pytest.raises(TrainingStoppedError, match="stopped after step 0 of 6"):
        world.fit(0, "plan")


def test_the_weights_of_the_best_score_are_published(world: Any, scores: Any) -> None:
    level = {"schedule": "constant", "warmup_ratio": 0, "early_stopping_patience": None}
    scores(0.1, 0.3, 0.6, 0.5)
    fitted = world.fit(epochs=3, **level)
    assert (fitted.manifest["best_step"], fitted.manifest["steps"]) == (6, 9)
    assert fitted.manifest["validation"]["score"] == 0.6
    scores(0.1, 0.3, 0.6)
    assert fitted.weights == world.fit_elsewhere(epochs=2, **level).weights


@pytest.mark.parametrize(
    ("patience", "min_delta", "steps"), [(1, 0.0, 12), (1, 0.05, 6), (2, 0.05, 9), (None, 0.5, 12)]
)
def test_a_score_that_no_longer_rises_ends_the_training(
    world: Any, scores: Any, patience: int | None, min_delta: float, steps: int
) -> None:
    scores(0.1, 0.50, 0.51, 0.52, 0.53)
    fitted = world.fit(epochs=4, early_stopping_patience=patience, early_stopping_min_delta=min_delta)
    assert fitted.manifest["steps"] == steps


def test_an_adapter_that_is_no_better_than_its_base_says_so(world: Any, scores: Any) -> None:
    scores(0.5, 0.4, 0.3)
    fitted = world.fit()
    assert any("no checkpoint answers better than the base model" in each for each in fitted.manifest["warnings"])
    assert "no checkpoint answers better" in (fitted.path / "README.md").read_text()


@pytest.mark.parametrize(("demonstration", "rate"), [(False, 8e-3), (False, 2e-4), (True, 8e-3)])
def test_the_rate_of_a_demonstration_model_is_warned_of_for_another_one(
    world: Any, scores: Any, demonstration: bool, rate: float
) -> None:
    scores(0.1, 0.2)
    write_json(world.base / "manifest.json", {"demonstration": demonstration, "files": {}})
    fitted = world.fit(max_steps=1, learning_rate=rate)
    told = [each.message for each in fitted.of("warning") if each.message.startswith("learning_rate: ")]
    warned = not demonstration and rate == 8e-3
    assert len(told) == warned
    assert all(
        each.endswith("are trained at, and may spoil what the base knows; the default is 0.0002") for each in told
    )
    assert [each for each in fitted.manifest["warnings"] if each in told] == told


def test_a_loss_that_is_none_ends_the_training_and_keeps_the_last_good_checkpoint(
    world: Any, scores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores()
    whole = AdapterTrainer.compute_loss

    def broken(trainer: AdapterTrainer, *options: Any, **more: Any) -> Any:
        loss = whole(trainer, *options, **more)
        return loss * float("nan") if trainer.state.global_step == 4 else loss

    monkeypatch.setattr(AdapterTrainer, "compute_loss", broken)
    with pytest.raises(DomainFtError, match=r"NaN or infinite by step 5, and the last good checkpoint is kept; try a"):
        world.fit(save_steps=2)
    checkpoints = whole_checkpoints(world.job().work / "checkpoints")
    assert checkpoints[-1].step == 4
    weights = load_file(checkpoints[-1].path / "adapter_model.safetensors")
    assert all(bool(each.isfinite().all()) for each in weights.values())
    assert not is_published(world.job().target)


def test_weights_that_are_lost_are_never_saved(world: Any, scores: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    scores()
    whole = AdapterTrainer.training_step

    def lost(trainer: AdapterTrainer, *options: Any, **more: Any) -> Any:
        loss = whole(trainer, *options, **more)
        if trainer.state.global_step == 3:
            for weights in trainer.model.parameters():
                weights.grad = None if weights.grad is None else weights.grad * float("nan")
        return loss

    monkeypatch.setattr(AdapterTrainer, "training_step", lost)
    with pytest.raises(DomainFtError, match="NaN or infinite by step 4"):
        world.fit(save_steps=1)
    assert whole_checkpoints(world.job().work / "checkpoints")[-1].step == 3


def test_a_batch_that_cannot_fit_is_refused_with_one_that_would(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    held = 10**9
    monkeypatch.setattr(probe_module, "_held", lambda _: held)
    monkeypatch.setattr(probe_module, "_peak", lambda _, rows: held + 10**8 * len(rows))
    monkeypatch.setattr(probe_module, "available_memory", lambda _: held + 35 * 10**7)
    with pytest.raises(
        InputError, match=r"batch_size: 8 rows .* take about 1\.8 GB .* 1\.4 GB to give; use batch_size: 3"
    ):
        world.fit(batch_size=8)
    monkeypatch.setattr(probe_module, "available_memory", lambda _: held)
    with pytest.raises(InputError, match=r"use a smaller max_length, quantization: bnb4, or a smaller base_model"):
        world.fit(batch_size=8)


def test_an_adapter_that_was_not_saved_as_it_is_in_memory_is_not_published(
    world: Any, scores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores()

    def save_another(model: Any, folder: Path, job: Any) -> None:
        with torch.no_grad():
            for weights in model.parameters():
                weights.add_(0.1 if weights.requires_grad else 0)
        save_adapter(model, folder, job)
        with torch.no_grad():
            for weights in model.parameters():
                weights.add_(-0.1 if weights.requires_grad else 0)

    monkeypatch.setattr(publish_module, "save_adapter", save_another)
    with pytest.raises(DomainFtError, match="the saved adapter does not compute what the trained one does"):
        world.fit(max_steps=1)
    assert not is_published(world.job().target)


def test_an_adapter_trained_at_16_bits_is_compared_as_it_was_computed(
    world: Any, scores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores()
    monkeypatch.setattr(publish_module, "_TOLERANCE_ROUNDED", 1e-3)
    assert is_published(world.fit(quantization="bf16", learning_rate=0.05, max_steps=8).path)


def test_a_full_disk_leaves_nothing_half_published_and_the_same_works_afterwards(
    world: Any, scores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores()

    def save_without_room(model: Any, folder: Path, job: Any) -> None:
        with file_size_limit(500):
            save_adapter(model, folder, job)

    monkeypatch.setattr(publish_module, "save_adapter", save_without_room)
    with pytest.raises(DomainFtError, match=r"File too large; raise the limit .*, then do this step again"):
        world.fit(max_steps=1)
    assert list(world.job(max_steps=1).target.parent.iterdir()) == []
    monkeypatch.setattr(publish_module, "save_adapter", save_adapter)
    assert is_published(world.fit(max_steps=1).path)


def test_an_adapter_that_is_not_whole_is_refused(world: Any, scores: Any) -> None:
    scores()
    path: Path = world.fit(max_steps=1).path
    (path / "adapter_model.safetensors").write_bytes(b"cut")
    with pytest.raises(InputError, match="cannot be loaded as an adapter of this model"):
        load_adapter(path, world.base, device="cpu")
    (path / "adapter_model.safetensors").unlink()
    with pytest.raises(InputError, match="holds no adapter"):
        load_adapter(path, world.base, device="cpu")


def test_an_adapter_of_another_base_is_refused(world: Any, scores: Any, tmp_path: Path) -> None:
    scores()
    path = world.fit(max_steps=1).path
    check_base(path, world.base)
    with pytest.raises(InputError, match="other: is another base model"):
        check_base(path, make_tiny_causal(tmp_path / "other"))


def test_the_card_holds_no_training_text(world: Any, scores: Any) -> None:
    scores()
    card = (world.fit(max_steps=1).path / "README.md").read_text()
    assert "Take back" not in card
    assert "n = 2 concepts" in card
    assert str(world.home.root) not in card


def test_the_lines_of_the_card_load_the_adapter_in_peft_and_in_transformers(
    world: Any, scores: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores()
    path = world.fit(max_steps=2).path
    ids = torch.arange(20)[None]
    tuned = load_adapter(path, world.base, device="cpu")
    expected = tuned(ids).logits
    assert not torch.allclose(tuned.unload()(ids).logits, expected, atol=1e-3)
    monkeypatch.chdir(world.home.root)
    blocks = re.findall(r"```python\n(.*?)```", (path / "README.md").read_text(), re.DOTALL)
    assert [("PeftModel" in block, "load_adapter" in block) for block in blocks] == [(True, False), (False, True)]
    for block in blocks:
        names: dict[str, Any] = {}
        exec(block, names)
        torch.testing.assert_close(names["model"](ids).logits, expected)


def test_the_card_names_the_command_that_makes_it_for_ollama(world: Any, scores: Any) -> None:
    scores()
    path = world.fit(max_steps=1).path
    card = (path / "README.md").read_text()
    assert f"`domain-ft export-ollama requirements --model {path.name}`" in card
    assert "`ollama create requirements -f Modelfile`" in card


@pytest.mark.parametrize(
    ("name", "folder", "shown"),
    [
        ("starter", "models/starter_lm/0123", "models/starter_lm/0123"),
        ("some/model", ".state/cache/hub/models--some--model/snapshots/0", "some/model"),
        ("/elsewhere/model", "../model", "/elsewhere/model"),
    ],
)
def test_the_card_names_the_base_by_where_others_find_it(world: Any, name: str, folder: str, shown: str) -> None:
    job = world.job()
    base = job.base.model_copy(update={"name": name, "path": (world.home.root / folder).resolve()})
    assert base_of(job.model_copy(update={"base": base})) == shown


@pytest.mark.parametrize("demonstration", [True, False])
def test_what_is_made_of_a_demonstration_model_says_so(world: Any, scores: Any, demonstration: bool) -> None:
    scores()
    write_json(world.base / "manifest.json", {"demonstration": demonstration, "files": {}})
    fitted = world.fit(max_steps=1)
    assert fitted.manifest["demonstration"] == demonstration
    assert ("tiny_llama is a demonstration model" in (fitted.path / "README.md").read_text()) == demonstration


def test_under_a_launcher_nothing_is_trained(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputError, match="an adapter is trained by one process"):
        world.fit()

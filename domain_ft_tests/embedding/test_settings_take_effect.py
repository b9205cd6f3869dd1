"""Every setting of a training changes what it says it changes."""

from itertools import combinations
from typing import Any

import pytest

from domain_ft.embedding.losses import LOSSES
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.embedding.version import NOT_IN_VERSION
from domain_ft.errors import InputError
from domain_ft_tests.tiny_model import make_tiny_model

CHANGES: list[dict[str, Any]] = [
    {"learning_rate": 1e-4},
    {"schedule": "cosine"},
    {"warmup_ratio": 0.5},
    {"weight_decay": 0.5},
    {"gradient_accumulation_steps": 2},
    {"max_grad_norm": 0.01},
    {"batch_size": 2},
    {"epochs": 0.5},
    {"max_steps": 4},
    {"max_seq_length": 8},
    {"seed": 1},
    {"freeze_layers": 1},
    {"precision": "bf16"},
    {"scale": 5},
    {"direction": "anchor_to_positive"},
    {"direction": "positive_to_anchor"},
    {"use_negative": False},
    {"loss": "triplet"},
    {"loss": "triplet", "triplet_margin": 0.001},
    {"loss": "triplet", "distance": "euclidean"},
    {"loss": "cached_multiple_negatives_ranking"},
    {"loss": "cached_multiple_negatives_ranking", "mini_batch_size": 2},
    {"loss": "gist", "direction": "positive_to_anchor"},
    {"loss": "contrastive"},
    {"loss": "contrastive", "contrastive_margin": 0.9},
    {"loss": "contrastive", "distance": "euclidean"},
    {"loss": "online_contrastive"},
    {"loss": "cosine_similarity"},
    {"loss": "relation"},
    {"loss": "relation", "use_negative": False},
    {"matryoshka_dims": [16]},
    {"schedule": "cosine_with_restarts"},
    {"schedule": "cosine_with_restarts", "schedule_cycles": 3},
    {"minimum_rate_ratio": 0.5},
    {"prefixes": "e5"},
    {"query_prefix": "fix the "},
    {"passage_prefix": "fix the "},
    {"merge_with_base": 0.5},
]


@pytest.mark.slow
def test_every_training_setting_gives_other_weights_and_another_version(world: Any) -> None:
    models = {"{}": world.fit(epochs=1)}
    for change in CHANGES:
        models[str(change)] = world.fit(**{"epochs": 1, **change})
    same = [(one, other) for one, other in combinations(models, 2) if models[one].weights == models[other].weights]
    assert same == []
    assert len({model.path.name for model in models.values()}) == len(models)


def test_every_setting_is_covered_here_or_in_a_test_of_its_own() -> None:
    own = {name for name in TrainingSettings.model_fields if name.startswith("hard_negatives")}  # test_hard_negatives
    own |= {"merge_floor", "eval_steps", "early_stopping_patience"}
    own |= {"validation_metric", "validation_queries", "validation_tests"}
    assert {key for change in CHANGES for key in change} | own | NOT_IN_VERSION == set(TrainingSettings.model_fields)
    assert {change.get("loss", "multiple_negatives_ranking") for change in CHANGES} == set(LOSSES)


def test_the_learning_rate_rises_for_the_warm_up_and_then_falls(world: Any) -> None:
    rates = [event.values["learning_rate"] for event in world.fit(warmup_ratio=0.25).of("log")]
    assert rates[:11] == sorted(rates[:11])
    assert max(rates) == pytest.approx(1e-3)
    assert rates[11:] == sorted(rates[11:], reverse=True)


def test_the_schedule_constant_keeps_the_rate(world: Any) -> None:
    rates = [event.values["learning_rate"] for event in world.fit(schedule="constant", max_steps=4).of("log")]
    assert set(rates) == {1e-3}


def test_steps_follow_from_epochs_batch_size_and_accumulation(world: Any) -> None:
    assert world.fit(epochs=1, loss="triplet").manifest["steps"] == 10
    assert world.fit(epochs=1, loss="triplet", batch_size=16).manifest["steps"] == 5
    assert world.fit(epochs=1, loss="triplet", gradient_accumulation_steps=2).manifest["steps"] == 5
    assert world.fit(epochs=0.5, loss="triplet").manifest["steps"] == 5


def test_logging_steps_thin_the_losses(world: Any) -> None:
    assert [event.step for event in world.fit(logging_steps=10).of("log")] == [1, 10, 20, 30, 40, 42]


def test_eval_steps_and_save_steps_say_when(world: Any) -> None:
    fitted = world.fit(eval_steps=12, save_steps=20, validation_metric="triplet_accuracy", learning_rate=1e-12)
    assert [event.step for event in fitted.of("evaluation")] == [0, 12, 24, 36, 42]
    assert [event.step for event in fitted.of("checkpoint")] == [12, 20, 40, 42]  # 12 as the best


def test_save_total_limit_keeps_the_newest_and_the_best(world: Any) -> None:
    from domain_ft.training.stop import TrainingStoppedError

    options = {"eval_steps": 4, "save_steps": 2, "save_total_limit": 2, "learning_rate": 1e-12}
    with pytest.raises(TrainingStoppedError):
        world.fit(stop_at=11, **options)
    left = {path.name for path in (world.job(**options).work / "checkpoints").glob("checkpoint-*")}
    assert left == {"checkpoint-4", "checkpoint-10", "checkpoint-11"}


def test_early_stopping_ends_after_evaluations_without_a_gain(world: Any) -> None:
    fitted = world.fit(eval_steps=3, early_stopping_patience=2, learning_rate=1e-12)
    assert fitted.manifest["steps"] == 9
    assert fitted.manifest["best_step"] == 3


def test_the_published_weights_are_those_of_the_best_evaluation(world: Any) -> None:
    fitted = world.fit(eval_steps=4, epochs=4, learning_rate=2e-2, validation_metric="mrr_at_10")
    scores = {event.step: event.values["mrr_at_10"] for event in fitted.of("evaluation") if event.step}
    assert scores[fitted.manifest["best_step"]] == max(scores.values())
    assert fitted.manifest["validation"]["mrr_at_10"] == max(scores.values())


def test_the_best_checkpoint_is_the_best_by_the_validation_metric(world: Any) -> None:
    best = {}
    for metric in ("map", "triplet_accuracy"):
        fitted = world.fit(validation_metric=metric, eval_steps=1, epochs=1, learning_rate=2e-2, seed=1)
        scores = {event.step: event.values[metric] for event in fitted.of("evaluation") if event.step}
        best[metric] = fitted.manifest["best_step"]
        assert best[metric] == max(scores, key=lambda step: scores[step])
    assert best["map"] != best["triplet_accuracy"]


def test_validation_queries_caps_the_builds_that_are_asked_about(world: Any) -> None:
    plan = world.fit(validation_queries=4, max_steps=1).of("plan")[0]
    assert plan.values["validation_queries"] == 4


def test_too_few_validation_builds_for_any_verdict_are_a_warning(world: Any) -> None:
    few = world.fit(validation_queries=4, max_steps=1).manifest["warnings"]
    assert any(warning.startswith("4 changes in the validation split; at least 6 are needed") for warning in few)
    enough = world.fit(validation_queries=6, max_steps=1).manifest["warnings"]
    assert not any("in the validation split" in warning for warning in enough)


@pytest.mark.parametrize(("most", "ranked"), [(20, 20), (30, 30), (1000, 48)])
def test_validation_tests_caps_the_tests_that_are_ranked(world: Any, most: int, ranked: int) -> None:
    from domain_ft.embedding.assemble import assemble_training
    from domain_ft.training.progress import ignore
    from domain_ft.training.stop import StopRequest

    job, settings = world.job(validation_tests=most), world.settings(validation_tests=most)
    task = assemble_training(job, settings, ignore, StopRequest()).task
    assert task is not None
    assert len(task.item_ids) == ranked
    assert len(task.ranked) == 10


def test_another_base_model_is_trained_as_another_version(world: Any) -> None:
    make_tiny_model(world.home.root / "other", layers=1, seed=1)
    fitted = world.fit(base_model="other", max_steps=1)
    assert fitted.manifest["base_model"] == "other"
    assert fitted.of("plan")[0].values["layers"] == 1
    assert fitted.path.name != world.job(max_steps=1).version


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_the_device_that_was_asked_for_trains_and_auto_is_a_gpu_where_there_is_one(world: Any, device: str) -> None:
    import torch

    expected = "cuda:0" if device == "auto" and torch.cuda.is_available() else "cpu"
    assert world.fit(device=device, max_steps=1).manifest["device"].startswith(f"{expected}, ")


def test_max_seq_length_cuts_texts_in_the_published_model_too(world: Any) -> None:
    from domain_ft.embedding.models import model_encoder

    encode = model_encoder(world.fit(max_seq_length=8, max_steps=1).path, device="cpu")
    short = "login page opens the search page"
    same = encode([short, f"{short} invoice report"])
    assert same[0] == pytest.approx(same[1], abs=1e-6)


def test_a_length_that_the_model_has_no_positions_for_is_refused(world: Any) -> None:
    with pytest.raises(InputError, match="max_seq_length: 500 is more than the 64 tokens"):
        world.fit(max_seq_length=500)


def test_freezing_more_layers_than_there_are_is_refused(world: Any) -> None:
    with pytest.raises(InputError, match="freeze_layers: 6 is more than the 2 layers"):
        world.fit(freeze_layers=6)


def test_freezing_all_that_can_be_trained_is_refused(world: Any) -> None:
    with pytest.raises(InputError, match="freeze_layers: 2 leaves nothing to train"):
        world.fit(freeze_layers=2)


def test_frozen_parts_keep_their_weights_and_the_others_do_not(world: Any) -> None:
    from safetensors.numpy import load_file

    before = load_file(world.home.root / "tiny_bert" / "model.safetensors")
    after = load_file(world.fit(freeze_layers=1, max_steps=4).path / "model.safetensors")
    changed = {name for name in before if (before[name] != after[name]).any()}
    assert not any("embeddings" in name or "layer.0." in name or "pooler" in name for name in changed)
    assert any("layer.1." in name for name in changed)

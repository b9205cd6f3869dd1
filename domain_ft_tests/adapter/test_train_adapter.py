"""The parent's door: real processes, a tiny model."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from domain_ft.adapter.train_adapter import TOLD_EVERY_S, AdapterResult, MakingOfBase, describe_job, train_adapter
from domain_ft.errors import DomainFtError, InputError
from domain_ft.store.digests import sha256_file
from domain_ft.store.publish import pointed, publish_folder
from domain_ft.training.progress import TrainingEvent
from domain_ft.training.stop import TrainingStoppedError

LONG = {"epochs": 8, "save_steps": 2, "val_limit": 1, "early_stopping_patience": None, "lora_dropout": 0.2}


def train(world: Any, **options: Any) -> AdapterResult:
    changes = options.pop("changes", {})
    settings = world.settings(**changes)
    return train_adapter(domain="requirements", home=world.home, dataset=world.dataset, settings=settings, **options)


@pytest.mark.slow
def test_a_training_in_its_own_process_publishes_and_a_second_call_finds_it(world: Any) -> None:
    events: list[TrainingEvent] = []
    first = train(world, on_event=events.append)
    assert events[0].kind == "labels"
    assert events[-1].kind == "published"
    assert (first.resumed, first.reused, first.steps) == (False, False, 6)
    assert first.path == world.home.models("requirements") / first.version
    assert first.as_json()["path"] == str(first.path)
    (world.home.models("requirements") / "current").unlink()
    second = train(world, changes={"device": "auto", "logging_steps": 7})
    assert (second.reused, second.version) == (True, first.version)
    assert pointed(world.home.models("requirements") / "current") == first.path


@pytest.mark.slow
def test_cancelled_then_killed_a_training_still_ends_at_the_same_adapter(world: Any) -> None:
    seen: list[TrainingEvent] = []
    with pytest.raises(TrainingStoppedError, match="asked to by SIGTERM"):
        train(world, changes=LONG, on_event=seen.append, cancelled=lambda: bool(seen) and seen[-1].step >= 5)
    job = world.job(**LONG)

    def kill_at_15(event: TrainingEvent) -> None:
        seen.append(event)
        if event.kind == "log" and event.step >= 15:
            os.kill(int((job.work / "pid").read_text()), signal.SIGKILL)

    with pytest.raises(DomainFtError, match="killed by the system"):
        train(world, changes=LONG, on_event=kill_at_15)
    result = train(world, changes=LONG, on_event=seen.append)
    assert result.resumed
    assert len([event for event in seen if event.kind == "resumed"]) == 2
    undisturbed = world.fit_elsewhere(**LONG)
    assert sha256_file(result.path / "adapter_model.safetensors") == undisturbed.weights


@pytest.mark.slow
def test_what_the_process_refuses_reaches_the_caller_as_one_sentence(world: Any) -> None:
    with pytest.raises(InputError, match=r"^target_modules: c_attn matches no linear layer of this model") as error:
        train(world, changes={"target_modules": ["c_attn"]})
    assert "\n" not in str(error.value)


def test_a_dataset_that_is_not_there_is_refused(world: Any) -> None:
    with pytest.raises(InputError, match="no dataset is published there; build it first"):
        describe_job(domain="requirements", home=world.home, dataset=Path("none"), settings=world.settings())


def test_a_dataset_of_another_kind_is_refused(world: Any) -> None:
    other = publish_folder(world.home.triplets("manuals") / "x", lambda _: {"kind": "triplets"})
    with pytest.raises(InputError, match=r"x: is no dataset of requirements; name a folder of requirements/fixed"):
        describe_job(domain="requirements", home=world.home, dataset=other, settings=world.settings())


def test_a_dataset_that_was_altered_is_refused_before_anything_starts(world: Any) -> None:
    with (world.dataset / "train.jsonl").open("a") as file:
        file.write("{}\n")
    with pytest.raises(DomainFtError, match=r"train\.jsonl: altered since it was published; remove .* and make it"):
        train(world, run=lambda *unused, **more: pytest.fail("a training was started"))


def test_naming_a_precision_or_finding_it_names_the_same_adapter(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = "domain_ft.adapter.quantization.resolve_precision"
    monkeypatch.setattr(found, lambda named, *_: "fp32" if named == "auto" else named)
    assert world.job(quantization="none").version == world.job(quantization="fp32").version
    assert len({world.job(quantization=each).version for each in ("fp32", "bf16", "bnb4", "bnb8")}) == 4


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--help"], 0), (["none.json"], 2)])
def test_the_command_explains_itself(arguments: list[str], code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "domain_ft.adapter.train", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_the_door_imports_no_torch() -> None:
    script = "import sys, domain_ft.adapter.train_adapter; print('torch' in sys.modules, 'trl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_making_of_the_base_is_told_at_each_step_and_now_and_then() -> None:
    heard, now = list[TrainingEvent](), [0.0]
    making = MakingOfBase(heard.append, clock=lambda: now[0])
    for done in range(5):
        making("starter model s", done, 5)
        now[0] += TOLD_EVERY_S / 2
    making("publish", 0)
    said = [event.message for event in heard if event.message]
    assert said == [
        "base model: starter model s, 0 of 5",
        "base model: starter model s, 2 of 5",
        "base model: starter model s, 4 of 5",
        "base model: publish",
    ]
    assert [(event.kind, event.step, event.total_steps) for event in heard][1] == ("base", 1, 5)

"""The parent's door: real processes, a tiny model."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from domain_ft.embedding.job import EmbeddingJob
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.embedding.train_model import TrainingResult, describe_job, train_embedding_model
from domain_ft.errors import DomainFtError, InputError
from domain_ft.store.digests import sha256_file
from domain_ft.store.publish import point, pointed, publish_folder, read_manifest
from domain_ft.training.checkpoints import whole_checkpoints
from domain_ft.training.job import write_job
from domain_ft.training.progress import TrainingEvent
from domain_ft.training.stop import EXIT_STOPPED, TrainingStoppedError
from domain_ft.training.supervise import TrainingOutOfMemoryError, run_training
from domain_ft_tests.embedding.conftest import with_fewer_negatives

LONG = {"epochs": 12, "save_steps": 50, "eval_steps": 60, "logging_steps": 5}


def train(world: Any, settings: TrainingSettings, **options: Any) -> TrainingResult:
    return train_embedding_model(domain="tiny", home=world.home, dataset=world.dataset, settings=settings, **options)


@pytest.mark.slow
def test_a_training_in_its_own_process_publishes_and_a_second_call_finds_it(world: Any) -> None:
    events: list[TrainingEvent] = []
    first = train(world, world.settings(), on_event=events.append)
    assert events[0].kind == "plan"
    assert events[-1].kind == "published"
    assert (first.resumed, first.reused, first.steps) == (False, False, 42)
    assert first.path == world.home.models("tiny") / first.version
    (world.home.models("tiny") / "current").unlink()
    second = train(world, world.settings(device="auto", logging_steps=7))
    assert second.reused
    assert second.version == first.version
    assert pointed(world.home.models("tiny") / "current") == first.path
    assert not (world.job().work / "checkpoints").exists()


@pytest.mark.slow
def test_cancelled_then_killed_a_training_still_ends_at_the_same_weights(world: Any) -> None:
    settings = world.settings(**LONG)
    seen: list[TrainingEvent] = []

    def at_step(step: int) -> Callable[[], bool]:
        return lambda: bool(seen) and seen[-1].step >= step

    with pytest.raises(TrainingStoppedError, match="asked to by SIGTERM"):
        train(world, settings, on_event=seen.append, cancelled=at_step(20))
    job = world.job(**LONG)
    mid = whole_checkpoints(job.work / "checkpoints")[-1].step

    def kill_at_80(event: TrainingEvent) -> None:
        seen.append(event)
        if event.kind == "log" and event.step >= 80:
            holder = int((job.work / "pid").read_text())
            os.kill(holder, signal.SIGKILL)

    with pytest.raises(DomainFtError, match="killed by the system"):
        train(world, settings, on_event=kill_at_80)
    result = train(world, settings, on_event=seen.append)
    assert result.resumed
    assert [event.step for event in seen if event.kind == "resumed"] == [mid, 60]
    undisturbed = world.fit_elsewhere(**LONG)
    assert sha256_file(result.path / "model.safetensors") == undisturbed.weights


@pytest.mark.slow
def test_by_hand_the_process_stops_at_a_signal_and_goes_on_when_called_again(world: Any) -> None:
    job_file = write_job(world.job(**LONG))
    command = [sys.executable, "-m", "domain_ft.embedding.train", str(job_file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    next(line for line in process.stdout if line.startswith("log 20/"))
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == EXIT_STOPPED
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "resumed" in done.stdout
    assert "published" in done.stdout


@pytest.mark.slow
def test_what_the_process_refuses_reaches_the_caller_as_one_sentence(world: Any) -> None:
    with pytest.raises(InputError, match=r"^freeze_layers: 6 is more than the 2 layers of this base model") as error:
        train(world, world.settings(freeze_layers=6))
    assert "\n" not in str(error.value)
    assert "Traceback" in (world.job(freeze_layers=6).work / "train.log").read_text()


def test_who_waits_for_a_version_says_so_and_ends_at_once_when_asked_to(world: Any) -> None:
    job = world.job()
    command = [sys.executable, "-m", "domain_ft.embedding.train", str(write_job(job))]
    with FileLock(job.lock), subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"waiting 0/0 waits for tiny/{job.version}: another process\n"
        process.terminate()
        assert process.wait(5) == EXIT_STOPPED


@pytest.mark.slow
def test_two_trainings_of_the_same_model_at_once_are_one(world: Any) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: train(world, world.settings()), range(2))
    assert first.version == second.version
    assert {first.reused, second.reused} == {True, False}


@pytest.mark.parametrize(("device", "visible"), [("cpu", ""), ("auto", "0"), ("cuda:1", "1")])
def test_the_process_sees_the_device_that_was_asked_for_and_no_other(world: Any, device: str, visible: str) -> None:
    script = (
        "import os, sys\n"
        "from domain_ft.embedding.train import PROCESS\n"
        "from domain_ft.training.process import TrainingProcess\n"
        "TrainingProcess.run = lambda *unused: sys.exit(f'sees:{os.environ[\"CUDA_VISIBLE_DEVICES\"]}')\n"
        "PROCESS.main(sys.argv[1:])\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    command = [sys.executable, "-c", script, str(write_job(world.job(device=device)))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.stderr.strip() == f"sees:{visible}"


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["--help"], 0), (["none.json"], 2), (["a", "b"], 2)])
def test_the_command_explains_itself(arguments: list[str], code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "domain_ft.embedding.train", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert ("usage:" in done.stdout + done.stderr) == (arguments != ["none.json"])


@pytest.mark.slow
def test_the_process_that_is_started_knows_neither_dagster_nor_mlflow_and_the_parent_no_torch() -> None:
    script = (
        "import sys, domain_ft.embedding.train, domain_ft.embedding.train_model\n"
        "print(sorted({'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)))\n"
        "import domain_ft.embedding.fit\n"
        "print(sorted({'dagster', 'mlflow', 'wandb'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "[]"]


def test_out_of_memory_is_tried_again_with_half_the_batch(world: Any) -> None:
    tried, events = [], []

    def run(job: EmbeddingJob, **unused: Any) -> None:
        tried.append(job.settings["batch_size"])
        if job.settings["batch_size"] > 2:
            raise TrainingOutOfMemoryError("memory ran out")
        publish_folder(job.target, lambda folder: published(job))

    settings = world.settings(auto_batch_size=True)
    result = train(world, settings, on_event=events.append, run=run)
    assert tried == [8, 4, 2]
    assert [event.values["batch_size"] for event in events if event.kind == "retry"] == [4, 2]
    assert result.version == world.job(batch_size=2).version


@pytest.mark.slow
def test_a_process_that_runs_out_of_memory_is_followed_by_one_with_half_the_batch(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))

    def in_little_memory(job: EmbeddingJob, **options: Any) -> None:
        run_training(job.model_copy(update={"module": "training_in_little_memory"}), **options)

    events: list[TrainingEvent] = []
    settings = world.settings(auto_batch_size=True, max_steps=2, loss="triplet")
    result = train(world, settings, on_event=events.append, run=in_little_memory)
    assert [event.kind for event in events if event.kind in ("failed", "retry", "published")] == [
        "failed", "retry", "published"
    ]  # fmt: skip
    assert read_manifest(result.path)["settings"]["batch_size"] == 4
    assert result.version == world.job(max_steps=2, loss="triplet", batch_size=4).version


@pytest.mark.slow
def test_a_process_that_runs_out_of_memory_without_auto_batch_size_is_the_end(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    job = world.job(max_steps=2, loss="triplet").model_copy(update={"module": "training_in_little_memory"})
    with pytest.raises(TrainingOutOfMemoryError, match="memory ran out at batch_size 8; try batch_size 4"):
        run_training(job, on_event=lambda event: None)


def test_out_of_memory_without_auto_batch_size_is_the_sentence(world: Any) -> None:
    def run(job: EmbeddingJob, **unused: Any) -> None:
        raise TrainingOutOfMemoryError("memory ran out at batch_size 8; try batch_size 4")

    with pytest.raises(DomainFtError, match="try batch_size 4"):
        train(world, world.settings(), run=run)


def test_out_of_memory_at_batch_size_one_gives_up(world: Any) -> None:
    def run(job: EmbeddingJob, **unused: Any) -> None:
        raise TrainingOutOfMemoryError("memory ran out at batch_size 1")

    with pytest.raises(TrainingOutOfMemoryError):
        train(world, world.settings(auto_batch_size=True, batch_size=1), run=run)


def test_out_of_memory_in_a_step_reaches_the_parent_as_such(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from domain_ft.embedding.train import PROCESS
    from domain_ft.embedding.trainer import EmbeddingTrainer
    from domain_ft.training.stop import StopRequest

    def step(*unused: Any, **also_unused: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    monkeypatch.setattr(EmbeddingTrainer, "training_step", step)
    events: list[TrainingEvent] = []
    job = world.job()
    job.work.mkdir(parents=True)
    assert PROCESS.run(job, world.settings(), events.append, StopRequest()) == 1
    assert events[-1].values["reason"] == "out_of_memory"
    assert "memory ran out at batch_size 8; try batch_size 4" in events[-1].message


def test_a_dataset_that_is_not_there_is_refused(world: Any) -> None:
    with pytest.raises(InputError, match="no dataset is published there; build it first"):
        describe_job(domain="tiny", home=world.home, dataset=Path("none"), settings=world.settings())


def test_a_folder_of_another_kind_is_refused(world: Any) -> None:
    raw = next(world.home.raw("tiny").iterdir())
    with pytest.raises(InputError, match="holds 'history', not triplets"):
        describe_job(domain="tiny", home=world.home, dataset=raw, settings=world.settings())


def test_a_dataset_whose_history_is_gone_is_refused(world: Any) -> None:
    next(world.home.raw("tiny").iterdir()).rename(world.home.root / "away")
    with pytest.raises(DomainFtError, match="was made from are gone; build the dataset again"):
        world.job()


def test_a_dataset_named_by_its_pointer_is_the_same_training(world: Any) -> None:
    link = world.home.triplets("tiny") / "current"
    point(link, world.dataset.name)
    job = describe_job(domain="tiny", home=world.home, dataset=link, settings=world.settings())
    assert job == world.job()


def published(job: EmbeddingJob) -> dict[str, Any]:
    return {
        "version": job.version,
        "dataset_digest": job.dataset_digest,
        "steps": 1,
        "duration_s": 1.0,
        "examples_per_second": 1.0,
        "validation": None,
        "base_validation": None,
        "warnings": [],
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"loss": "cached_multiple_negatives_ranking", "mini_batch_size": 3},
        {"loss": "relation", "matryoshka_dims": [16], "prefixes": "e5", "freeze_layers": 1},
        {"loss": "triplet", "hard_negatives": "model", "hard_negatives_margin": 0, "hard_negatives_every": 1},
    ],
    ids=str,
)
def test_under_torchrun_one_process_writes_and_all_train(world: Any, options: dict[str, Any]) -> None:
    world.dataset = with_fewer_negatives(world.dataset, every=3)
    job = world.job(**options)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, "--nproc-per-node", "2", "-m", "domain_ft.embedding.train", str(write_job(job))],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("published") == 1
    assert pointed(world.home.models("tiny") / "current") == job.target
    assert len(list(world.home.frozen_prefixes("tiny").glob("*"))) == options.get("freeze_layers", 0)

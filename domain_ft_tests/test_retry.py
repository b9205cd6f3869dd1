"""A run of Dagster whose training was killed, repeated from its failure: it goes on, and nothing holds it up."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import psutil
import pytest

from domain_ft import stages
from domain_ft.domains import find_domain
from domain_ft.history.sample.write import write_sample
from domain_ft.resources.results import results_of_run
from domain_ft.store.digests import sha256_file
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published
from domain_ft.training.checkpoints import MARKER
from domain_ft_tests.tiny_model import make_tiny_model

pytestmark = pytest.mark.slow
DOMAIN = "test_history"
SETTINGS = {
    "triplets.minimum": 1,
    "training.base_model": "tiny",
    "training.precision": "fp32",
    "training.device": "cpu",
    "training.max_seq_length": 16,
    "training.batch_size": 8,
    "training.max_steps": 60,
    "training.save_steps": 5,
    "training.eval_steps": 5,
    "benchmark.resamples": 200,
    "benchmark.general_ability": "off",
    "benchmark.latency_runs": 0,
}
REPEAT = """
import sys
import dagster as dg
with dg.DagsterInstance.get() as instance:
    job = dg.build_reconstructable_job("domain_ft.run", "chain_job", ("test_history", None))
    again = dg.ReexecutionOptions.from_failure(sys.argv[1], instance)
    with dg.execute_job(job, instance, reexecution_options=again) as result:
        print(result.run_id)
"""


@pytest.fixture
def landed(home: Home, tmp_path: Path) -> Path:
    """A history, beside a world that holds a tiny base model."""
    make_tiny_model(home.root / "tiny")
    return write_sample(tmp_path / "s.csv", builds=100, tests=40, seed=1, signal=1.0).path


def run_line(history: Path) -> list[str]:
    settings = [part for name, value in SETTINGS.items() for part in ("--set", f"{name}={value}")]
    return [sys.executable, "-m", "domain_ft.cli", "run", DOMAIN, str(history), "--json", *settings]


def run_until_a_checkpoint_then_kill(home: Home, history: Path, victim: Callable[[psutil.Process], int]) -> str:
    """Kill, once a checkpoint is there, the process that `victim` names for the training's; returns what is said."""
    process = subprocess.Popen(run_line(history), stdout=subprocess.PIPE)
    until = time.monotonic() + 200
    while not (found := list(home.trainings(DOMAIN).glob(f"*/**/{MARKER}"))):
        assert process.poll() is None
        assert time.monotonic() < until, "no checkpoint"
        time.sleep(0.01)
    work = home.trainings(DOMAIN) / found[0].relative_to(home.trainings(DOMAIN)).parts[0]
    os.kill(victim(psutil.Process(int((work / "pid").read_text()))), signal.SIGKILL)
    said = json.loads(process.communicate(timeout=200)[0])
    assert process.returncode == 1
    return str(said["error"])


def the_training(process: psutil.Process) -> int:
    return process.pid


def its_step(process: psutil.Process) -> int:
    """The process in which Dagster executes the step that waits for the training."""
    step = process.parent()
    assert step is not None
    assert step.pid != os.getpid()
    return step.pid


def undisturbed_weights(home: Home, beside: Path) -> dict[str, str]:
    """What a training of the same dataset comes to that nobody kills, in a world of its own."""
    shutil.copytree(home.root, beside, symlinks=True, ignore=shutil.ignore_patterns("work", "mlflow*"))
    stages.train(find_domain(DOMAIN).with_overrides(SETTINGS), Home(beside))
    return weights(Home(beside))


def weights(home: Home) -> dict[str, str]:
    return {path.parent.name: sha256_file(path) for path in home.models(DOMAIN).glob("[!.]*/model.safetensors")}


def test_repeated_from_its_failure_a_run_goes_on_from_the_checkpoint(
    home: Home, landed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "killed by the system" in run_until_a_checkpoint_then_kill(home, landed, the_training)
    expected = undisturbed_weights(home, tmp_path / "undisturbed")
    monkeypatch.setenv("DAGSTER_HOME", str(home.state / "dagster"))
    with dg.DagsterInstance.get() as instance:
        (failed,) = instance.get_runs()
        assert failed.status == dg.DagsterRunStatus.FAILURE
        line = [sys.executable, "-c", REPEAT, failed.run_id]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr[-3000:]
        run_id = done.stdout.split()[-1]
        run: Any = instance.get_run_by_id(run_id)
        assert (run.status, run.parent_run_id) == (dg.DagsterRunStatus.SUCCESS, failed.run_id)
        assert instance.event_log_storage.get_concurrency_info("compute").active_slot_count == 0
    results = results_of_run(home, run_id, DOMAIN)
    assert [*results] == ["embedding_model", "benchmark", "champion"]
    assert results["embedding_model"]["resumed"]
    assert weights(home) == expected


def test_a_step_that_is_killed_fails_its_run_frees_its_slot_and_the_next_run_trains(
    home: Home, landed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run_until_a_checkpoint_then_kill(home, landed, its_step)
    assert f"{DOMAIN}__embedding_model was killed, most likely" in said
    monkeypatch.setenv("DAGSTER_HOME", str(home.state / "dagster"))
    with dg.DagsterInstance.get() as instance:
        (failed,) = instance.get_runs()
        assert failed.status == dg.DagsterRunStatus.FAILURE
        assert instance.event_log_storage.get_concurrency_info("compute").active_slot_count == 0
    done = subprocess.run(run_line(landed), capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]
    trained = json.loads(done.stdout)["train"]
    assert trained["resumed"]
    assert is_published(Path(trained["path"]))

"""A sweep with real trainings of a tiny model: what it leaves, what it leaves alone, and how it goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from domain_ft import stages
from domain_ft.domain import Domain
from domain_ft.domains import find_domain
from domain_ft.errors import DomainFtError, InputError
from domain_ft.history.sample.write import write_sample
from domain_ft.registry.compare import compare
from domain_ft.registry.store import open_registry
from domain_ft.registry.sweep_runs import Outcome
from domain_ft.retention.clean import clean_domain
from domain_ft.store.home import Home
from domain_ft.store.publish import read_manifest
from domain_ft.sweep import run as sweep_run
from domain_ft.sweep.plan import Combination, plan_sweep, split_values, sweep_digest
from domain_ft.sweep.result import SweepRow
from domain_ft.sweep.run import run_sweep
from domain_ft.training.stop import TrainingStoppedError
from domain_ft_tests.tiny_model import make_tiny_model

DOMAIN = "test_history"
TINY = {
    "training.base_model": "tiny",
    "training.precision": "fp32",
    "training.device": "cpu",
    "training.max_seq_length": "16",
    "training.batch_size": "8",
    "training.max_steps": "2",
    "triplets.minimum": "1",
    "benchmark.resamples": "200",
}
RATES = "training.learning_rate=1e-3,1e-2"


@pytest.fixture
def world(home: Home, tmp_path: Path) -> Home:
    """A state root with a history and a tiny base model."""
    make_tiny_model(home.root / "tiny")
    history = write_sample(tmp_path / "s.csv", builds=100, tests=40, seed=1, signal=1.0).path
    stages.ingest(find_domain(DOMAIN), home, [history])
    return home


@pytest.fixture
def domain() -> Domain:
    return find_domain(DOMAIN)


def planned(domain: Domain, *sets: str) -> tuple[Combination, ...]:
    given = {text.partition("=")[0] for text in sets}
    constant = [f"{name}={value}" for name, value in TINY.items() if name not in given]
    return plan_sweep(domain, [split_values(text) for text in (*constant, *sets)])


def runs(home: Home) -> list[Any]:
    with open_registry(home, DOMAIN) as registry:
        return list(registry.client.search_runs([registry.experiment_id], order_by=["start_time ASC"]))


def pointers(home: Home) -> list[str]:
    stages = (home.triplets(DOMAIN), home.models(DOMAIN), home.benchmarks(DOMAIN))
    return [link.name for stage in stages for link in stage.iterdir() if link.is_symlink()]


@pytest.mark.slow
def test_a_sweep_compares_on_validation_and_changes_nothing_else(world: Home, domain: Domain) -> None:
    result = run_sweep(domain, world, planned(domain, RATES))
    first, second = result.rows
    assert (first.mean or 0) >= (second.mean or 0)
    assert first.low is not None
    assert first.low <= (first.mean or 0)
    assert first.difference is not None
    assert result.best == first.version
    benchmark = read_manifest(Path(str(first.report)).parent)
    assert (benchmark["split"], set(benchmark["models"])) == ("validation", {"base", "candidate"})
    assert pointers(world) == []
    assert compare(world, DOMAIN).versions == ()
    assert not (world.sweeps(DOMAIN) / result.sweep).exists()

    parent, *children = runs(world)
    assert result.mlflow_url is not None
    assert result.mlflow_url.endswith(parent.info.run_id)
    assert parent.data.tags.items() >= {"domain_ft.sweep": result.sweep, "domain_ft.sweep_progress": "2 of 2"}.items()
    assert [child.data.tags["mlflow.parentRunId"] for child in children] == [parent.info.run_id] * 2
    assert [child.data.params["training.learning_rate"] for child in children] == ["1e-3", "1e-2"]
    measured = {child.data.tags["domain_ft.sweep_model"]: child.data.metrics for child in children}
    metrics = measured[str(first.version)]
    figures = [metrics[f"validation/map{bound}"] for bound in ("", "_low", "_high")]
    assert figures == pytest.approx([first.mean, first.low, first.high])

    again = run_sweep(domain, world, planned(domain, RATES))
    assert again == result
    assert [run.info.run_id for run in runs(world)] == [run.info.run_id for run in (parent, *children)]


@pytest.mark.slow
def test_a_killed_sweep_goes_on_and_what_it_made_is_kept_until_then(world: Home, domain: Domain) -> None:
    sets = [part for name, value in TINY.items() for part in ("--set", f"{name}={value}")]
    line = [sys.executable, "-m", "domain_ft.cli", "sweep", DOMAIN, *sets, "--set", f"{RATES},2e-2"]
    environment = {**os.environ, "DOMAIN_FT_HOME": str(world.root)}
    process = subprocess.Popen([*line, "--json"], env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and len(published(world)) < 2:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    made = published(world)
    assert len(made) >= 2
    clean_domain(world, DOMAIN, 1)
    assert published(world) == made

    done = subprocess.run([*line, "--json"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    answer = json.loads(done.stdout)
    assert set(made) <= {row["version"] for row in answer["combinations"]}
    assert len(runs(world)) == 4
    clean_domain(world, DOMAIN, 1, now=time.time() + 3600)
    assert len(published(world)) == 1


def published(home: Home) -> dict[str, int]:
    """Model versions, and when each was written."""
    manifests = home.models(DOMAIN).glob("[!.]*/manifest.json")
    return {manifest.parent.name: manifest.stat().st_mtime_ns for manifest in manifests}


@pytest.mark.slow
def test_a_combination_that_fails_is_named_and_the_others_go_on(world: Home, domain: Domain) -> None:
    result = run_sweep(domain, world, planned(domain, "triplets.max_triplets_per_test=1,10", "triplets.minimum=100"))
    judged, failed = result.rows
    assert (judged.settings["triplets.max_triplets_per_test"], judged.error) == ("10", None)
    assert failed.error is not None
    assert "triplets.minimum" in failed.error
    assert (result.failed, result.best) == (1, judged.version)


def test_where_every_combination_fails_the_first_one_s_error_is_the_sweep_s(world: Home, domain: Domain) -> None:
    with pytest.raises(InputError, match=r"triplets\.minimum"):
        run_sweep(domain, world, planned(domain, "triplets.minimum=100000", "triplets.seed=1,2"))
    assert not list(world.sweeps(DOMAIN).glob("[!.]*"))


def test_while_mlflow_is_out_of_reach_a_sweep_goes_on_and_says_so(
    world: Home, domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(combination: Combination, *_: Any) -> Any:
        outcome = Outcome(str(combination), combination.settings, "a" * 12, "d", "b", "c", {}, {})
        return sweep_run._Tried(SweepRow(combination.settings, "a" * 12, comparison_digest="c", mean=0.5), outcome)

    monkeypatch.setattr(sweep_run, "_try", judged)
    (world.state / "mlflow.db").mkdir(parents=True)
    result = run_sweep(domain, world, planned(domain, RATES))
    assert len(result.rows) == 2
    assert result.mlflow_url is None
    assert result.notes[-1].startswith("MLflow was not told (")
    (world.state / "mlflow.db").rmdir()
    assert run_sweep(domain, world, planned(domain, RATES)).mlflow_url is not None


def test_a_sweep_that_another_process_runs_is_refused(world: Home, domain: Domain) -> None:
    combinations = planned(domain, RATES)
    digest = sweep_digest((world.raw(DOMAIN) / "current").readlink().name, combinations)
    with FileLock(world.lock(f"sweep-{DOMAIN}-{digest}")), pytest.raises(DomainFtError, match="another process"):
        run_sweep(domain, world, combinations)


def test_a_stopped_training_stops_the_sweep(world: Home, domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(**_: Any) -> None:
        raise TrainingStoppedError("stopped after step 1")

    monkeypatch.setattr(sweep_run, "train_embedding_model", stopped)
    with pytest.raises(TrainingStoppedError):
        run_sweep(domain, world, planned(domain, RATES))
    assert list(world.sweeps(DOMAIN).iterdir())

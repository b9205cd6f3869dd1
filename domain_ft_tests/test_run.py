"""`domain-ft run`: one Dagster run, one object with every stage's result, one sentence where a step fails."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.history.sample.write import write_sample
from domain_ft.run import _failure
from domain_ft.store.home import Home

QUICKLY = {
    "training.precision": "fp32",
    "training.device": "cpu",
    "training.max_steps": "2",
    "training.batch_size": "4",
    "training.max_seq_length": "16",
    "benchmark.resamples": "200",
    "triplets.minimum": "1",
}


def command(home: Home, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-m", "domain_ft.cli", "run", "test_history", *map(str, arguments)]
    environment = {**os.environ, "DOMAIN_FT_HOME": str(home.root)}
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=500)


def settings(changes: Mapping[str, str]) -> list[str]:
    return [part for name, value in {**QUICKLY, **changes}.items() for part in ("--set", f"{name}={value}")]


@pytest.mark.slow
def test_the_whole_loop_is_one_object(home: Home, tmp_path: Path) -> None:
    history = write_sample(tmp_path / "s.csv", builds=100, tests=40, seed=1, signal=1.0).path
    done = command(home, history, "--preset", "smoke", "--json", *settings({}))
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert {"ingest", "dataset", "train", "benchmark", "promotion"} <= report.keys()
    assert report["train"]["steps"] == 2
    assert report["benchmark"]["verdict"] in ("WIN", "INCONCLUSIVE", "REGRESSION")
    assert Path(report["benchmark"]["report"]).is_file()


def test_a_step_that_fails_gives_its_own_sentence_and_exit_code(home: Home, tmp_path: Path) -> None:
    history = write_sample(tmp_path / "s.csv", builds=30, tests=20, seed=1, signal=1.0).path
    done = command(home, history, "--json", *settings({"triplets.minimum": "100000"}))
    assert done.stdout, done.stderr[-3000:]
    failure = json.loads(done.stdout)
    assert (done.returncode, failure["exit_code"]) == (2, 2)
    assert "triplets.minimum" in failure["error"]


def test_a_missing_file_stops_before_anything_runs(home: Home) -> None:
    done = command(home, "nowhere.csv")
    assert done.returncode == 2
    assert done.stderr.strip() == "domain-ft: nowhere.csv: no such file"


def step_failure(description: str, exit_code: int) -> Any:
    data = SimpleNamespace(description=description, metadata={"exit_code": SimpleNamespace(value=exit_code)})
    return SimpleNamespace(
        is_step_failure=True,
        is_asset_check_evaluation=False,
        event_specific_data=SimpleNamespace(user_failure_data=data),
    )


@pytest.mark.parametrize(("exit_code", "kind"), [(1, DomainFtError), (2, InputError)])
def test_a_failure_keeps_sentence_and_exit_code(exit_code: int, kind: type[DomainFtError]) -> None:
    error = _failure(SimpleNamespace(all_events=[step_failure("memory ran out", exit_code)], run_id="r"))
    assert type(error) is kind
    assert str(error) == "memory ran out"


def test_a_run_that_dagster_ended_names_the_run() -> None:
    assert "run r failed" in str(_failure(SimpleNamespace(all_events=[], run_id="r")))

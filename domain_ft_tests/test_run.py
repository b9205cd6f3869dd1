"""`domain-ft run`: one Dagster run, one object with every stage's result, one sentence where a step fails."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.executor.child_process_executor import ChildProcessCrashException

from domain_ft.errors import DomainFtError, InputError
from domain_ft.history.sample.write import write_sample
from domain_ft.run import _failure, _open_instance
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
    assert "DEBUG" not in done.stderr
    report = json.loads(done.stdout)
    assert {"ingest", "dataset", "train", "benchmark", "promotion"} <= report.keys()
    assert report["ingest"]["accepted"] == report["ingest"]["read"] > 0
    assert report["train"]["steps"] == 2
    assert report["benchmark"]["verdict"] in ("WIN", "INCONCLUSIVE", "REGRESSION")
    assert Path(report["benchmark"]["report"]).is_file()


@dataclass(frozen=True)
class FailedRun:
    """A run whose second step refused what it was asked for."""

    home: Home
    done: "subprocess.CompletedProcess[str]"


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> FailedRun:
    home = Home(tmp_path_factory.mktemp("failed"))
    history = write_sample(home.root / "s.csv", builds=30, tests=20, seed=1, signal=1.0).path
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAGSTER_HOME", raising=False)
        done = command(home, history, "--json", *settings({"triplets.minimum": "100000"}))
    return FailedRun(home, done)


def test_a_step_that_fails_gives_its_own_sentence_and_exit_code(failed: FailedRun) -> None:
    assert failed.done.stdout, failed.done.stderr[-3000:]
    failure = json.loads(failed.done.stdout)
    assert (failed.done.returncode, failure["exit_code"]) == (2, 2)
    assert "triplets.minimum" in failure["error"]


def test_with_json_dagsters_own_debug_lines_stay_off_stderr(failed: FailedRun) -> None:
    assert "DEBUG" not in failed.done.stderr
    assert "STEP_WORKER_STARTED" not in failed.done.stderr


def test_what_stays_off_stderr_is_still_among_the_runs_events(
    failed: FailedRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(failed.home.state / "dagster"))
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs()
        started = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_WORKER_STARTED)
    assert [entry.step_key for entry in started] == ["test_history__raw", "test_history__triplets"]


def test_a_level_written_into_dagster_yaml_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dagster.yaml").write_text("python_logs:\n  python_log_level: ERROR\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with _open_instance() as instance:
        assert instance.python_log_level == "ERROR"


def test_a_missing_file_stops_before_anything_runs(home: Home) -> None:
    done = command(home, "nowhere.csv")
    assert done.returncode == 2
    assert done.stderr.strip() == "domain-ft: nowhere.csv: no such file"


def failure_of(work: Callable[[], None]) -> DomainFtError:
    """What the command line says of a real run whose only step does this work."""

    @dg.op
    def step() -> None:
        work()

    @dg.job
    def one_step() -> None:
        step()

    return _failure(one_step.execute_in_process(raise_on_error=False))


def fails(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(("exit_code", "kind"), [(1, DomainFtError), (2, InputError)])
def test_a_failure_keeps_sentence_and_exit_code(exit_code: int, kind: type[DomainFtError]) -> None:
    error = failure_of(fails(dg.Failure("memory ran out", metadata={"exit_code": exit_code})))
    assert type(error) is kind
    assert str(error) == "memory ran out"


def test_an_error_that_nobody_foresaw_is_named_with_its_step() -> None:
    assert "step ended with ValueError: seven" in str(failure_of(fails(ValueError("seven"))))


def test_a_step_that_was_killed_is_told_in_words_of_ours() -> None:
    assert "step was killed, most likely because memory ran out" in str(
        failure_of(fails(ChildProcessCrashException(pid=7)))
    )


def test_an_interrupted_run_counts_as_interrupted() -> None:
    with pytest.raises(KeyboardInterrupt):
        failure_of(fails(DagsterExecutionInterruptedError()))


def test_a_check_that_stops_a_run_is_named() -> None:
    @dg.asset(check_specs=[dg.AssetCheckSpec("leakage", asset="mined", blocking=True)])
    def mined() -> dg.MaterializeResult:
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(check_name="leakage", passed=False)])

    result = dg.materialize([mined], raise_on_error=False, instance=dg.DagsterInstance.ephemeral())
    assert "leakage" in str(_failure(result))

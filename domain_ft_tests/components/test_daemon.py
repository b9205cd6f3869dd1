"""Leave it alone: the real daemon, a file that lands, a kill, and another daemon."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from domain_ft.components import overview
from domain_ft.instance import prepare_instance
from domain_ft.store.home import CHECKOUT, Home
from domain_ft.store.publish import pointed
from domain_ft.training.checkpoints import MARKER
from domain_ft_tests.components import night
from domain_ft_tests.components.conftest import World
from domain_ft_tests.faults.processes import processes_of
from domain_ft_tests.landed_history import DOMAIN, drop, history
from domain_ft_tests.tiny_model import make_tiny_model

pytestmark = pytest.mark.slow
LANDING, NEW_ROWS, NIGHTLY = f"{DOMAIN}_landing", f"{DOMAIN}_new_rows", f"{DOMAIN}_nightly"
FAILURES, BOARD = "domain_ft_failures", "domain_ft_board"
NIGHT = ("-f", night.__file__)
SHIPPED = ("-w", "workspace.yaml")
SETTINGS = """\
type: domain_ft.components.EmbeddingDomain
attributes:
  name: test_history
  triplets: {{minimum: 1}}
  training: {{base_model: tiny, max_seq_length: 16, precision: fp32, device: cpu, batch_size: 8,
    max_steps: {steps}, save_steps: 20}}
  benchmark: {{resamples: 200}}
  automation: {{nightly: "* * * * *"}}
"""
NOT_AGAIN = "asked for again when data changes"


def command(world: Any, name: str) -> str:
    return str(Path(world.environment()["PATH"].partition(os.pathsep)[0]) / name)


def turn_on(world: Any, kind: str, name: str, where: tuple[str, str] = SHIPPED) -> None:
    line = [command(world, "dagster"), kind, "start", name, *where]
    done = subprocess.run(line, cwd=CHECKOUT, env=world.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def daemon(world: Any, where: tuple[str, str] = SHIPPED) -> Iterator[None]:
    """A daemon that is killed without a warning in the end."""
    line = [command(world, "dagster-daemon"), "run", *where]
    with (world.home.root / "daemon.log").open("ab") as log:
        process = subprocess.Popen(
            line, cwd=CHECKOUT, env=world.environment(), stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
        assert process.poll() is None, (world.home.root / "daemon.log").read_text()[-3000:]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(true: Callable[[], Any], seconds: float, what: str) -> Any:
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, f"{what}: not within {seconds} s"
        time.sleep(0.5)
    return found


def reasons(instance: dg.DagsterInstance, sensor: str) -> list[str]:
    """What the sensor's ticks said, newest first."""
    (state,) = [state for state in instance.all_instigator_state() if state.instigator_name == sensor]
    return [tick.skip_reason or "" for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id)]


def newest_reason(instance: dg.DagsterInstance, sensor: str) -> str:
    """What the last tick said; nothing where there was none yet."""
    return next(iter(reasons(instance, sensor)), "")


def test_a_file_that_lands_is_ingested_once_by_the_daemon_even_if_that_is_killed(world: Any) -> None:
    for sensor in (LANDING, NEW_ROWS):
        turn_on(world, "sensor", sensor)
    drop(world.home, "a.csv", history(0, 12))
    with dg.DagsterInstance.from_config(str(world.home.state / "dagster")) as instance:
        with daemon(world):
            run = wait_until(lambda: next(iter(instance.get_runs()), None), 120, "a run")
        with daemon(world):
            wait_until(lambda: (instance.get_run_by_id(run.run_id)).is_finished, 120, "its end")  # type: ignore[union-attr]
            before = len(reasons(instance, LANDING))
            wait_until(lambda: len(reasons(instance, LANDING)) >= before + 2, 120, "two more ticks")
            wait_until(lambda: "240 of 500 new rows" in reasons(instance, NEW_ROWS), 120, "the rows are counted")
        (only,) = instance.get_runs()
        assert (only.job_name, only.tags["dagster/sensor_name"]) == (f"{DOMAIN}_ingest", LANDING)
        assert only.status == dg.DagsterRunStatus.SUCCESS
        assert "0 of 1 file new; all read by the last ingest" in reasons(instance, LANDING)
    assert pointed(world.home.raw(DOMAIN) / "current") is not None


@pytest.fixture
def night_world(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A world whose one domain retrains every minute, told of by all that tells, in so many steps a training."""

    def make(steps: int) -> Any:
        settings = home.root / "night" / "defs.yaml"
        settings.parent.mkdir()
        settings.write_text(SETTINGS.format(steps=steps))
        monkeypatch.setenv(night.DOMAIN_FILE, str(settings))
        monkeypatch.setenv("DAGSTER_HOME", str(home.state / "dagster"))
        prepare_instance(home)
        make_tiny_model(home.root / "tiny")
        world = World(home)
        for sensor in (LANDING, FAILURES, BOARD):
            turn_on(world, "sensor", sensor, NIGHT)
        turn_on(world, "schedule", NIGHTLY, NIGHT)
        drop(home, "a.csv", history(0, 30))
        return world

    return make


def retrains(instance: dg.DagsterInstance) -> list[dg.DagsterRunStatus]:
    """How the retrains ended, newest first."""
    return [run.status for run in instance.get_runs() if run.job_name == f"{DOMAIN}_retrain"]


def test_a_night_under_the_daemon_ends_in_a_sentence_on_the_board_or_in_the_log_of_failures(
    home: Home, night_world: Callable[..., Any]
) -> None:
    """What lands is trained on by the schedule, once; what then fails is told, and not tried again."""
    world = night_world(steps=5)
    log = home.state / "failures.log"
    with dg.DagsterInstance.from_config(str(home.state / "dagster")) as instance, daemon(world, NIGHT):
        wait_until(lambda: pointed(home.models(DOMAIN) / "current"), 200, "a model")
        wait_until(
            lambda: "all there is has been learned from" in newest_reason(instance, NIGHTLY), 150, "the next night"
        )
        wait_until(lambda: boards(instance), 150, "a board")
        # What follows a promotion asks the base model, too: the night is over when its run has ended.
        wait_until(lambda: retrains(instance) == [dg.DagsterRunStatus.SUCCESS], 200, "the end of the first night")
        shutil.rmtree(home.root / "tiny")
        drop(home, "b.csv", history(30, 30))
        wait_until(log.exists, 200, "a failure")
        wait_until(lambda: NOT_AGAIN in newest_reason(instance, NIGHTLY), 150, "its next night")
        assert retrains(instance) == [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS]
    assert "tiny" in log.read_text()


def test_a_power_cut_in_a_training_is_told_once_the_daemon_is_back_and_nothing_trains_in_a_loop(
    home: Home, night_world: Callable[..., Any]
) -> None:
    world = night_world(steps=100_000)
    log = home.state / "failures.log"
    with dg.DagsterInstance.from_config(str(home.state / "dagster")) as instance:
        with daemon(world, NIGHT):
            wait_until(lambda: list(home.trainings(DOMAIN).glob(f"*/**/{MARKER}")), 200, "a checkpoint")
        wait_until(lambda: not list(processes_of(home)), 60, "the end of all processes")
        assert retrains(instance) == [dg.DagsterRunStatus.STARTED]
        with daemon(world, NIGHT):
            wait_until(log.exists, 150, "what the failure is told with")
            wait_until(lambda: NOT_AGAIN in newest_reason(instance, NIGHTLY), 150, "the next night")
        assert retrains(instance) == [dg.DagsterRunStatus.FAILURE]
    assert "killed, or gone with the machine" in log.read_text()


def boards(instance: dg.DagsterInstance) -> list[str]:
    """The boards that tell of a verdict, in words."""
    found = instance.fetch_materializations(overview.BOARD, limit=10).records
    words = [str(record.asset_materialization.metadata["in_words"].value) for record in found]
    return [text for text in words if "candidate" in text]

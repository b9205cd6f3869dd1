"""A run whose process was killed ends, and holds nothing up: real processes, an instance on disk."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from domain_ft import alive
from domain_ft.alive import end_dead_runs
from domain_ft.components.automation import landing_sensor
from domain_ft.domains import find_domain
from domain_ft.instance import prepare_instance
from domain_ft.resources.state import StateRoot
from domain_ft.store.home import Home
from domain_ft_tests.hostile.failing import locked_by_another_process

POOL = "compute"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that has just started may be looked at, too."""
    monkeypatch.setattr(alive, "JUST_MADE_S", 0.0)


RUN = """
import sys
import dagster as dg
from domain_ft.alive import COMMAND_TAG, hold

@dg.job
def training():
    pass

with dg.DagsterInstance.get() as instance:
    if sys.argv[1] == "held":
        hold(instance, "a-command")
    run = instance.create_run_for_job(training, tags={COMMAND_TAG: "a-command"})
    instance.report_dagster_event(dg.DagsterEvent("PIPELINE_START", "training", message="starts"), run.run_id)
    if sys.argv[2] == "canceling":
        instance.report_run_canceling(instance.get_run_by_id(run.run_id))
    instance.event_log_storage.initialize_concurrency_limit_to_default("compute")
    claim = instance.event_log_storage.claim_concurrency_slot("compute", run.run_id, "step")
    print(run.run_id, claim.is_claimed, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    """The project's instance with the settings that ship."""
    with dg.DagsterInstance.from_config(str(prepare_instance(home))) as instance:
        yield instance


class Started:
    """A process with a run that has claimed the only slot."""

    def __init__(self, held: str = "held", state: str = "started") -> None:
        line = [sys.executable, "-c", RUN, held, state]
        self.process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.run_id, claimed = self.process.stdout.readline().split()
        assert claimed == "True"

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


def status(instance: dg.DagsterInstance, started: Started) -> str:
    run = instance.get_run_by_id(started.run_id)
    assert run is not None
    return run.status.value


def claimed(instance: dg.DagsterInstance) -> int:
    return instance.event_log_storage.get_concurrency_info(POOL).active_slot_count


def test_a_run_goes_on_for_as_long_as_its_process_lives_and_fails_with_it(instance: dg.DagsterInstance) -> None:
    started = Started()
    assert end_dead_runs(instance) == []
    assert (status(instance, started), claimed(instance)) == ("STARTED", 1)
    started.kill()
    assert (status(instance, started), claimed(instance)) == ("STARTED", 1)
    assert end_dead_runs(instance) == [started.run_id]
    assert (status(instance, started), claimed(instance)) == ("FAILURE", 0)
    assert end_dead_runs(instance) == []


def test_a_run_that_died_while_it_was_canceled_counts_as_canceled(instance: dg.DagsterInstance) -> None:
    started = Started(state="canceling")
    started.kill()
    end_dead_runs(instance)
    assert (status(instance, started), claimed(instance)) == ("CANCELED", 0)


def test_a_run_of_which_nothing_is_known_is_left_alone(instance: dg.DagsterInstance) -> None:
    started = Started(held="not held")
    started.kill()
    assert end_dead_runs(instance) == []
    assert (status(instance, started), claimed(instance)) == ("STARTED", 1)


def test_the_slot_of_a_run_that_has_ended_is_freed_at_once(instance: dg.DagsterInstance) -> None:
    started = Started()
    run = instance.get_run_by_id(started.run_id)
    assert run is not None
    instance.report_run_failed(run)
    end_dead_runs(instance)
    assert claimed(instance) == 0
    started.kill()


def test_a_run_whose_lock_was_made_this_moment_is_not_taken_for_dead(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Started()
    started.kill()
    monkeypatch.setattr(alive, "JUST_MADE_S", 60.0)
    assert end_dead_runs(instance) == []
    assert status(instance, started) == "STARTED"


def test_a_database_that_is_busy_stops_no_tick_and_the_next_one_ends_the_run(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Dagster's own database of runs, held by another process for longer than SQLite waits (here a tenth of it)."""
    started = Started()
    started.kill()
    sensor, resources = landing_sensor(find_domain("test_history")), {"state": StateRoot()}

    def tick() -> str | None:
        with dg.build_sensor_context(instance, resources=resources) as context:
            return sensor.evaluate_tick(context).skip_message

    storage = instance.run_storage
    monkeypatch.setattr(storage, "_conn_string", f"{storage._conn_string}?timeout=0.5")  # type: ignore[attr-defined]
    with locked_by_another_process(Path(instance.root_directory) / "history" / "runs.db"):
        assert tick() == "nothing finished in the landing folder"
    assert "dead runs were not looked for: (sqlite3.OperationalError) database is locked" in caplog.text
    assert (status(instance, started), claimed(instance)) == ("STARTED", 1)
    tick()
    assert (status(instance, started), claimed(instance)) == ("FAILURE", 0)

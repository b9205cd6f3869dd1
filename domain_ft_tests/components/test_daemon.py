"""Leave it alone: the real daemon, a file that lands, a kill, and another daemon."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from domain_ft.store.home import CHECKOUT
from domain_ft.store.publish import pointed
from domain_ft_tests.landed_history import DOMAIN, drop, history

pytestmark = pytest.mark.slow
LANDING, NEW_ROWS = f"{DOMAIN}_landing", f"{DOMAIN}_new_rows"


def command(world: Any, name: str) -> str:
    return str(Path(world.environment()["PATH"].partition(os.pathsep)[0]) / name)


def turn_on(world: Any, sensor: str) -> None:
    line = [command(world, "dagster"), "sensor", "start", sensor, "-w", "workspace.yaml"]
    done = subprocess.run(line, cwd=CHECKOUT, env=world.environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def daemon(world: Any) -> Iterator[None]:
    """A daemon that is killed without a warning in the end."""
    line = [command(world, "dagster-daemon"), "run", "-w", "workspace.yaml"]
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


def test_a_file_that_lands_is_ingested_once_by_the_daemon_even_if_that_is_killed(world: Any) -> None:
    for sensor in (LANDING, NEW_ROWS):
        turn_on(world, sensor)
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

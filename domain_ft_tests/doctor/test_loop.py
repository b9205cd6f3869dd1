"""The doctor's look at the loop: a real Dagster instance on disk, its sensors, its pools, and the clock."""

import os
import time
from pathlib import Path

import dagster as dg
import pytest

from domain_ft.doctor.finding import Finding, finding
from domain_ft.doctor.loop import FAILURES, loop_checks
from domain_ft.instance import prepare_instance
from domain_ft.store.home import Home
from domain_ft_tests.components.daemon import Daemon
from domain_ft_tests.landed_history import DOMAIN, drop, history, ingest

LANDING = f"{DOMAIN}_landing"


def found(home: Home, name: str) -> Finding:
    """What one of the checks of the loop finds."""
    return finding(name, loop_checks(home, [DOMAIN])[name])


def test_nothing_was_ever_started(home: Home) -> None:
    automation = found(home, "automation")
    assert (automation.ok, found(home, "pools")) == (True, Finding("pools", True, "free"))
    assert automation.detail.startswith("off: nothing was ever started here; run make ui")
    assert not (home.state / "dagster").exists()


def test_nothing_is_turned_on(home: Home) -> None:
    with Daemon(home):
        pass
    assert found(home, "automation").detail.startswith("off: nothing is turned on; run make ui")


def test_what_is_on_without_a_daemon_is_a_finding(home: Home) -> None:
    with Daemon(home) as daemon:
        daemon.turn_on(LANDING)
    automation = found(home, "automation")
    assert not automation.ok
    assert automation.detail.startswith(f"on: {LANDING}; but no daemon lives (heard: never): run make ui")


@pytest.mark.parametrize(("silent_s", "lives"), [(5, True), (600, False)])
def test_a_daemon_lives_as_long_as_it_is_heard(home: Home, silent_s: float, lives: bool) -> None:
    from dagster._daemon.types import DaemonHeartbeat

    with Daemon(home) as daemon:
        daemon.turn_on(LANDING, FAILURES)
        daemon.instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - silent_s, "SENSOR", "1", []))
    automation = found(home, "automation")
    assert automation.ok == lives
    assert ("the daemon lives" in automation.detail) == lives


def test_a_loop_that_would_tell_nobody_of_a_failed_run_is_a_finding(home: Home) -> None:
    from dagster._daemon.types import DaemonHeartbeat

    with Daemon(home) as daemon:
        daemon.turn_on(LANDING)
        daemon.instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), "SENSOR", "1", []))
    automation = found(home, "automation")
    assert not automation.ok
    assert "domain_ft_failures is off: a run that fails stands in no log" in automation.detail


def test_a_tick_that_failed_is_told_with_its_reason(home: Home) -> None:
    drop(home, "a.csv", history(0, 2))
    with Daemon(home) as daemon:
        daemon.turn_on(LANDING)
        daemon.tick(LANDING)
        (home.state / "automation" / f"{DOMAIN}.json").write_text("{")
        with pytest.raises(AssertionError):
            daemon.tick(LANDING)
    automation = found(home, "automation")
    assert not automation.ok
    assert automation.detail.startswith(f"the last tick of {LANDING} failed: ")


def claim(home: Home, ended: bool) -> str:
    """Let a run claim the pool, and end without giving it back; returns the run's id."""
    with dg.DagsterInstance.from_config(str(prepare_instance(home))) as instance:

        @dg.op(pool="compute")
        def train() -> None: ...

        @dg.job
        def training() -> None:
            train()

        run = instance.create_run_for_job(training)
        instance.event_log_storage.set_concurrency_slots("compute", 1)
        instance.event_log_storage.claim_concurrency_slot("compute", run.run_id, "train")
        if ended:
            instance.report_run_failed(run)
        return run.run_id


def test_a_pool_in_use_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    run = claim(home, ended=False)
    assert found(home, "pools") == Finding("pools", True, f"in use: compute by run {run[:8]} (train)")


def test_a_pool_that_a_dead_run_still_claims_is_a_finding(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    run = claim(home, ended=True)
    pools = found(home, "pools")
    assert not pools.ok
    assert pools.detail.startswith(f"still claimed though its run has ended: compute by run {run[:8]} (train)")


def test_a_clock_that_was_set_back_is_a_finding(home: Home) -> None:
    drop(home, "a.csv", history(0, 2))
    raw: Path = home.raw(DOMAIN) / ingest(home)
    assert found(home, "clock").ok
    future = time.time() + 3600
    os.utime(raw / "manifest.json", (future, future))
    clock = found(home, "clock")
    assert not clock.ok
    assert clock.detail.startswith(f"{raw / 'manifest.json'} was written 60 minutes in the future: set the clock right")


def test_a_damaged_database_of_dagster_is_a_finding_and_no_traceback(home: Home) -> None:
    with Daemon(home) as daemon:
        daemon.turn_on(LANDING)
    (database,) = (home.state / "dagster").rglob("schedules.db")
    database.write_text("no database at all, but a text " * 200)
    automation = found(home, "automation")
    assert not automation.ok
    assert automation.detail.startswith("could not be looked at: ")

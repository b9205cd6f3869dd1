"""Does the loop run that was left alone: what is turned on, whether a daemon lives, who holds the pools, the clock."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from domain_ft.doctor.finding import Checks
from domain_ft.instance import dagster_home
from domain_ft.store.home import Home
from domain_ft.store.publish import MANIFEST

if TYPE_CHECKING:
    from dagster import DagsterInstance

DAEMON_LIVES_S = 120.0
"""A daemon says every half minute that it lives; one that has been silent for so long does not."""
CLOCK_MAY_DIFFER_S = 60.0
FAILURES = "domain_ft_failures"
"""The sensor that tells of failed runs."""
TURN_ON = "run make ui, and turn on what you want under Automation"


def loop_checks(home: Home, domains: Sequence[str]) -> Checks:
    """Every check of the loop, by name."""
    return {
        "automation": lambda: _automation(home),
        "pools": lambda: _pools(home),
        "clock": lambda: _clock(home, domains),
    }


def _automation(home: Home) -> tuple[bool, str]:
    """What is turned on, whether its last tick failed, whether there is a daemon to let it tick, and whether anybody
    would be told of a run that fails."""
    from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus

    with _instance(home) as instance:
        if instance is None:
            return True, f"off: nothing was ever started here; {TURN_ON}"
        states = instance.all_instigator_state(instigator_statuses={InstigatorStatus.RUNNING})
        on = sorted(state.instigator_name for state in states)
        if not on:
            return True, f"off: nothing is turned on; {TURN_ON}"
        for state in states:
            for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1):
                if tick.status == TickStatus.FAILURE:
                    why = tick.error.message.strip().splitlines()[0] if tick.error else "no reason given"
                    return False, f"the last tick of {state.instigator_name} failed: {why}"
        heard = max((beat.timestamp for beat in instance.get_daemon_heartbeats().values()), default=None)
    silent = "never" if heard is None else f"last {datetime.fromtimestamp(heard, UTC).isoformat(timespec='seconds')}"
    if heard is None or time.time() - heard > DAEMON_LIVES_S:
        return False, f"on: {', '.join(on)}; but no daemon lives (heard: {silent}): run make ui, or dagster-daemon run"
    if FAILURES not in on:
        return False, (
            f"on: {', '.join(on)}; the daemon lives, but {FAILURES} is off: a run that fails stands in no log and "
            "not on the status board; turn it on under Automation"
        )
    return True, f"on: {', '.join(on)}; the daemon lives"


def _pools(home: Home) -> tuple[bool, str]:
    """Who may train now; a slot whose run has ended is freed by the next run."""
    held: list[str] = []
    stale: list[str] = []
    with _instance(home) as instance:
        if instance is None:
            return True, "free"
        storage = instance.event_log_storage
        for key in sorted(storage.get_concurrency_keys()):
            for slot in storage.get_concurrency_info(key).claimed_slots:
                run = instance.get_run_by_id(slot.run_id)
                ended = run is None or run.is_finished
                (stale if ended else held).append(f"{key} by run {slot.run_id[:8]} ({slot.step_key})")
    if stale:
        return False, f"still claimed though its run has ended: {', '.join(stale)}; the next run frees it"
    return True, f"in use: {', '.join(held)}" if held else "free"


def _clock(home: Home, domains: Sequence[str]) -> tuple[bool, str]:
    """Nothing here may have been written in the future: ages would be wrong until then."""
    moments = {path: path.stat().st_mtime for path in _written(home, domains) if path.exists()}
    if not moments:
        return True, datetime.now(UTC).isoformat(timespec="seconds")
    newest = max(moments, key=lambda path: moments[path])
    ahead = moments[newest] - time.time()
    if ahead > CLOCK_MAY_DIFFER_S:
        return False, (
            f"{newest} was written {ahead / 60:,.0f} minutes in the future: set the clock right (nothing is lost; "
            "until then its age does not count)"
        )
    return True, f"{datetime.now(UTC).isoformat(timespec='seconds')}, and nothing was written after that"


def _written(home: Home, domains: Sequence[str]) -> Iterator[Path]:
    yield from (home.state / "automation").glob("*.json")
    for name in domains:
        for parent in home.stages(name):
            yield from (folder / MANIFEST for folder in parent.glob("[!.]*") if not folder.is_symlink())


@contextmanager
def _instance(home: Home) -> "Iterator[DagsterInstance | None]":
    """The project's Dagster instance, or None where there is none yet."""
    folder = dagster_home(home)
    if not (folder / "dagster.yaml").is_file():
        yield None
        return
    from dagster import DagsterInstance

    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    with DagsterInstance.from_config(str(folder)) as instance:
        yield instance

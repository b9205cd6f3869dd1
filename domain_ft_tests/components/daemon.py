"""The daemon's own ticks, on an instance on disk: what `dagster-daemon run` does every few seconds, one by one.

Only the launching is left out: a run that was asked for is created and stays as it is until a test says how it ended.
"""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import dagster as dg
from dagster._core.execution.plan.resume_retry import ReexecutionStrategy
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.scheduler.instigation import InstigatorTick, TickStatus
from dagster._core.test_utils import freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._daemon.sensor import execute_sensor_iteration
from dagster._scheduler.scheduler import launch_scheduled_runs

from domain_ft.store.home import Home

SETTINGS = """\
telemetry: {enabled: false}
run_launcher: {module: dagster._core.test_utils, class: MockedRunLauncher}
run_coordinator: {module: dagster._core.run_coordinator, class: DefaultRunCoordinator}
"""
EVERY_S = 31.0
ENDED = {
    dg.DagsterRunStatus.SUCCESS: dg.DagsterEventType.PIPELINE_SUCCESS,
    dg.DagsterRunStatus.FAILURE: dg.DagsterEventType.PIPELINE_FAILURE,
    dg.DagsterRunStatus.CANCELED: dg.DagsterEventType.PIPELINE_CANCELED,
}


@dataclass(frozen=True)
class Tick:
    """What came of a tick: the runs it created, and its words if it asked for none."""

    runs: list[str]
    reason: str


class Daemon:
    """A daemon over an instance on disk; `with Daemon(home)` is one life of it, the next one a restart."""

    def __init__(self, home: Home) -> None:
        self._folder = home.state / "dagster"
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "dagster.yaml").write_text(SETTINGS)
        self._stack = ExitStack()

    def __enter__(self) -> "Daemon":
        target = LoadableTargetOrigin(executable_path=sys.executable, module_name="domain_ft.definitions")
        origin = InProcessCodeLocationOrigin(target, location_name="domain_ft")
        self.instance = self._stack.enter_context(dg.DagsterInstance.from_config(str(self._folder)))
        self._workspace: Any = self._stack.enter_context(
            WorkspaceProcessContext(self.instance, InProcessWorkspaceLoadTarget(origin))
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def _location(self) -> Any:
        (entry,) = self._workspace.create_request_context().get_code_location_entries().values()
        assert entry.code_location is not None, entry.load_error
        return entry.code_location

    @property
    def _repository(self) -> Any:
        (repository,) = self._location.get_repositories().values()
        return repository

    def turn_on(self, *names: str) -> None:
        """What a person does with the switch in the UI."""
        for name in names:
            if self._repository.has_sensor(name):
                self.instance.start_sensor(self._repository.get_sensor(name))
            else:
                self.instance.start_schedule(self._repository.get_schedule(name))

    def tick(self, name: str) -> Tick:
        """Let all sensors that are on tick, some time after their last tick; returns what came of one of them."""
        with self._later(EVERY_S):
            list(execute_sensor_iteration(self._workspace, logging.getLogger("daemon"), None, None))
        return self._last(self._repository.get_sensor(name))

    def night(self, name: str) -> Tick:
        """Let a day pass; returns what came of a schedule."""
        with self._later(24 * 3600.0) as now:
            list(launch_scheduled_runs(self._workspace, logging.getLogger("daemon"), now, {}))
        return self._last(self._repository.get_schedule(name))

    def end(self, run_id: str, status: dg.DagsterRunStatus) -> None:
        """A run ends."""
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        event = dg.DagsterEvent(ENDED[status].value, run.job_name, message=f"the run is {status.value}")
        self.instance.report_dagster_event(event, run_id)

    def repeat(self, run_id: str) -> str:
        """A person re-executes a run, as the UI does it; returns the new run."""
        parent = self.instance.get_run_by_id(run_id)
        assert parent is not None
        run = self.instance.create_reexecuted_run(
            request_context=self._workspace.create_request_context(),
            parent_run=parent,
            code_location=self._location,
            remote_job=self._repository.get_full_job(parent.job_name),
            strategy=ReexecutionStrategy.ALL_STEPS,
            use_parent_run_tags=True,
        )
        return run.run_id

    def launch(self, job: str) -> str:
        """A person launches a job from its Launchpad; returns the run, which has begun."""
        tags = self._repository.get_full_job(job).tags
        return self.instance.add_run(dg.DagsterRun(job, status=dg.DagsterRunStatus.STARTED, tags=tags)).run_id

    def runs(self) -> list[dg.DagsterRun]:
        """All runs, oldest first."""
        return list(self.instance.get_runs())[::-1]

    @contextmanager
    def _later(self, seconds: float) -> Iterator[datetime]:
        clock = self._folder / "clock"
        passed = (float(clock.read_text()) if clock.exists() else 0.0) + seconds
        clock.write_text(str(passed))
        now = datetime.fromtimestamp(time.time() + passed, UTC)
        with freeze_time(now):
            yield now

    def _last(self, instigator: Any) -> Tick:
        ticks = self.instance.get_ticks(instigator.get_remote_origin_id(), instigator.selector_id, limit=1)
        tick: InstigatorTick = ticks[0]
        assert tick.status in (TickStatus.SUCCESS, TickStatus.SKIPPED), tick.error
        return Tick(list(tick.run_ids), tick.skip_reason or "")

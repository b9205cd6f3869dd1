"""Which runs of Dagster still have a process, and the end of those that have none.

A run whose process was killed is never ended by Dagster (its default launcher cannot tell), so it would count as under
way for ever, and the slot of its step would hold up every later training. The process of a run therefore holds a lock
file for as long as it lives; a run that is under way while nobody holds its lock is told to have failed.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from dagster import multiple_process_executor_requirements
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.execution.step_dependency_config import StepDependencyConfig
from dagster._core.storage.dagster_run import IN_PROGRESS_RUN_STATUSES
from filelock import FileLock, Timeout

from domain_ft.safe_text import masked, one_line

COMMAND_TAG = "domain_ft/command"
"""Of a run of the command line: the name of the lock that its process holds from before the run is there."""
LOOK_EVERY_S = 15.0
FORGOTTEN_S = 86400.0
JUST_MADE_S = 2.0
_DIED = "The process of this run has died without a word: killed, or gone with the machine."
_UNDER_WAY = [*IN_PROGRESS_RUN_STATUSES, dg.DagsterRunStatus.CANCELING, dg.DagsterRunStatus.NOT_STARTED]
_held: dict[Path, FileLock] = {}
_LOG = logging.getLogger(__name__)


def hold(instance: dg.DagsterInstance, name: str) -> None:
    """Hold the lock of that name until this process ends, however it ends."""
    path = _lock(instance, name)
    if path not in _held:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=10, thread_local=False)
        lock.acquire()
        _held[path] = lock


def end_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """End the runs whose process has died, and free the slots of all that have ended; the ids of the former.

    A run without a lock file is none of ours to judge: its process lives on another machine, or has yet to start.
    """
    ended = [run for run in instance.get_runs(dg.RunsFilter(statuses=_UNDER_WAY)) if _end_if_dead(instance, run)]
    storage = instance.event_log_storage
    if storage.supports_global_concurrency_limits:
        for run_id in storage.get_concurrency_run_ids():
            run = instance.get_run_by_id(run_id)
            if run is None or run.is_finished:
                storage.free_concurrency_slots_for_run(run_id)
    _forget_old(instance)
    return [run.run_id for run in ended]


def try_to_end_dead_runs(instance: dg.DagsterInstance) -> None:
    """The same, for those who have other work to do: a database that is busy now is looked at the next time."""
    try:
        end_dead_runs(instance)
    except Exception as error:
        _LOG.warning("dead runs were not looked for: %s", one_line(masked(str(error).split("\n")[0])))


class WatchedExecutor(dg.Executor):
    """Dagster's own executor in a process that is known to live, and that sees to the runs of those that died.

    It looks again and again while its run goes on: the run may be waiting for the slot of one that dies meanwhile.
    """

    def __init__(self, executor: dg.Executor) -> None:
        self._executor = executor

    @property
    def retries(self) -> RetryMode:
        return self._executor.retries

    @property
    def step_dependency_config(self) -> StepDependencyConfig:
        return self._executor.step_dependency_config

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[dg.DagsterEvent]:
        """Execute the run's steps."""
        instance, run = plan_context.instance, plan_context.dagster_run
        hold(instance, _name(run))
        try_to_end_dead_runs(instance)
        with _looking(instance):
            yield from self._executor.execute(plan_context, execution_plan)


@dg.executor(
    name="multiprocess",
    config_schema=dg.multiprocess_executor.config_schema,
    requirements=multiple_process_executor_requirements(),
)
def watched_executor(context: dg.InitExecutorContext) -> dg.Executor:
    """Dagster's multiprocess executor in a process that is known to live."""
    create = dg.multiprocess_executor.executor_creation_fn
    assert create is not None
    return WatchedExecutor(create(context))


@contextmanager
def _looking(instance: dg.DagsterInstance) -> Iterator[None]:
    done = threading.Event()

    def look() -> None:
        while not done.wait(LOOK_EVERY_S):
            try_to_end_dead_runs(instance)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _end_if_dead(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    path = _lock(instance, _name(run))
    if path in _held or not _is_older_than(path, JUST_MADE_S):
        return False
    try:
        with FileLock(path, timeout=0, thread_local=False):
            now = instance.get_run_by_id(run.run_id)
            if now is None or now.is_finished:
                return False
            if now.status == dg.DagsterRunStatus.CANCELING:
                instance.report_run_canceled(now, _DIED)
            else:
                instance.report_run_failed(now, _DIED)
            return True
    except Timeout:
        return False


def _is_older_than(path: Path, seconds: float) -> bool:
    """Whether a file is there and not quite new: who makes a lock file takes the lock a moment later."""
    try:
        return time.time() - path.stat().st_mtime >= seconds
    except FileNotFoundError:
        return False


def _name(run: dg.DagsterRun) -> str:
    return run.tags.get(COMMAND_TAG) or run.run_id


def _lock(instance: dg.DagsterInstance, name: str) -> Path:
    return Path(instance.root_directory) / "alive" / f"{name}.lock"


def _forget_old(instance: dg.DagsterInstance) -> None:
    """Remove the lock files that nobody holds and nobody will ask for."""
    for path in _lock(instance, "").parent.glob("*.lock"):
        try:
            if path not in _held and time.time() - path.stat().st_mtime > FORGOTTEN_S:
                with FileLock(path, timeout=0, thread_local=False):
                    path.unlink(missing_ok=True)
        except (Timeout, OSError):
            continue

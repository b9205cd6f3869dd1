"""The sensors and the schedule of a domain: they look at manifests and run records, and ask for a run at most once.

All are off until a person turns them on. What they say when they ask for nothing is the story that the UI tells.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import dagster as dg

from domain_ft.alive import try_to_end_dead_runs
from domain_ft.automation.asked import Ask, Decision, FindRun, Run, RunStatus
from domain_ft.automation.landing import ask_for_ingest
from domain_ft.automation.retrain import ask_for_retrain
from domain_ft.components.launchpad import DOMAIN_TAG
from domain_ft.domain import Domain
from domain_ft.resources.state import StateRoot

LANDED_TAG = "domain_ft/landed"
CONTENT_TAG = "domain_ft/content"
WHY_TAG = "domain_ft/why"
EVERY_S = 30
INGEST_TAKES, TRAINING_TAKES = timedelta(hours=1), timedelta(hours=24)
"""A run that was created longer ago and has not ended holds up nothing: most likely its process died with the machine,
and Dagster was never told."""

_ENDED: Mapping[dg.DagsterRunStatus, RunStatus] = {
    dg.DagsterRunStatus.SUCCESS: "succeeded",
    dg.DagsterRunStatus.FAILURE: "failed",
    dg.DagsterRunStatus.CANCELED: "canceled",
}


def domain_sensors(domain: Domain) -> list[dg.SensorDefinition]:
    """All sensors of a domain."""
    return [landing_sensor(domain), new_rows_sensor(domain)]


def domain_schedules(domain: Domain) -> list[dg.ScheduleDefinition]:
    """The nightly schedule, where the domain has one."""
    return [nightly_schedule(domain, domain.automation.nightly)] if domain.automation.nightly else []


def landing_sensor(domain: Domain) -> dg.SensorDefinition:
    """What landed is read."""
    name = f"{domain.name}_landing"

    @dg.sensor(
        name=name,
        job_name=f"{domain.name}_ingest",
        minimum_interval_seconds=EVERY_S,
        description=f"Starts an ingest when finished files are new in data/{domain.name}/landing/.",
    )
    def landing(context: dg.SensorEvaluationContext, state: StateRoot) -> dg.SensorResult:
        try_to_end_dead_runs(context.instance)
        find_run = _newest_run(context.instance, domain, LANDED_TAG, INGEST_TAKES)
        return _told(ask_for_ingest(state.home(), domain.name, by=name, find_run=find_run), LANDED_TAG)

    return landing


def new_rows_sensor(domain: Domain) -> dg.SensorDefinition:
    """Enough new rows are trained on."""
    name, needed = f"{domain.name}_new_rows", domain.automation.retrain_after_rows

    @dg.sensor(
        name=name,
        job_name=f"{domain.name}_retrain",
        minimum_interval_seconds=EVERY_S,
        description=f"Starts a retrain once {needed:,} accepted rows are new since the last one.",
    )
    def new_rows(context: dg.SensorEvaluationContext, state: StateRoot) -> dg.SensorResult:
        return _told(_ask_for_retrain(context.instance, state, domain, by=name, needed=needed), CONTENT_TAG)

    return new_rows


def nightly_schedule(domain: Domain, cron: str) -> dg.ScheduleDefinition:
    """Whatever is new is trained on at night."""
    name = f"{domain.name}_nightly"

    @dg.schedule(
        cron,
        name=name,
        job_name=f"{domain.name}_retrain",
        description="Starts a retrain if anything that landed has changed since the last one.",
    )
    def nightly(context: dg.ScheduleEvaluationContext, state: StateRoot) -> dg.RunRequest | dg.SkipReason:
        decision = _ask_for_retrain(context.instance, state, domain, by=name, needed=0)
        return _request(decision, CONTENT_TAG) if isinstance(decision, Ask) else dg.SkipReason(decision.reason)

    return nightly


def _ask_for_retrain(
    instance: dg.DagsterInstance, state: StateRoot, domain: Domain, *, by: str, needed: int
) -> Decision:
    try_to_end_dead_runs(instance)
    return ask_for_retrain(
        state.home(),
        domain.name,
        needed=needed,
        by=by,
        find_run=_newest_run(instance, domain, CONTENT_TAG, TRAINING_TAKES),
        find_training=lambda: _unfinished_training(instance, domain),
    )


def _told(decision: Decision, tag: str) -> dg.SensorResult:
    """A decision as a sensor's result; the cursor goes on in either case."""
    if isinstance(decision, Ask):
        return dg.SensorResult([_request(decision, tag)], cursor=decision.key)
    return dg.SensorResult(skip_reason=decision.reason, cursor=decision.key)


def _request(ask: Ask, tag: str) -> dg.RunRequest:
    return dg.RunRequest(run_key=ask.key, tags={tag: ask.key, WHY_TAG: ask.reason})


def _newest_run(instance: dg.DagsterInstance, domain: Domain, tag: str, takes: timedelta) -> FindRun:
    """Finds a domain's newest run by the value of a tag; a run repeated by hand carries the same."""

    def find(key: str) -> Run | None:
        records = instance.get_run_records(dg.RunsFilter(tags={DOMAIN_TAG: domain.name, tag: key}), limit=1)
        return _run(records[0], takes) if records else None

    return find


def _unfinished_training(instance: dg.DagsterInstance, domain: Domain) -> Run | None:
    """A run of the domain, whoever started it, that will train and has not ended."""
    filters = dg.RunsFilter(
        tags={DOMAIN_TAG: domain.name},
        statuses=[status for status in dg.DagsterRunStatus if status not in _ENDED],
        created_after=datetime.now(UTC) - TRAINING_TAKES,
    )
    runs = (_run(record, TRAINING_TAKES) for record in instance.get_run_records(filters))
    return next((run for run in runs if run.job != f"{domain.name}_ingest"), None)


def _run(record: dg.RunRecord, takes: timedelta) -> Run:
    run = record.dagster_run
    overdue = datetime.now(UTC) - record.create_timestamp > takes
    return Run(run.run_id, _ENDED.get(run.status, "overdue" if overdue else "under way"), run.job_name)

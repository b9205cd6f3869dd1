"""The sensor that tells of failed runs: one for all domains of this code location."""

import json
import shlex

import dagster as dg

from domain_ft.automation.failures import FailedRun, tell_failure
from domain_ft.components.step import run_url
from domain_ft.resources.state import StateRoot

UNKNOWN = "no reason given"


def failure_sensor() -> dg.SensorDefinition:
    """Tells of each failed run: what failed, why, and what to do."""

    @dg.run_failure_sensor(
        name="domain_ft_failures",
        description="Writes each failed run to .state/failures.log, with its reason and what to do, and posts it to "
        "the address in DOMAIN_FT_WEBHOOK if there is one.",
    )
    def domain_ft_failures(context: dg.RunFailureSensorContext, state: StateRoot) -> None:
        tell_failure(state.home(), failed_run(context))

    return domain_ft_failures


def failed_run(context: dg.RunFailureSensorContext) -> FailedRun:
    """What is known of a failed run."""
    run, steps = context.dagster_run, list(context.get_step_failure_events())
    command = ["dg", "launch", *_what_ran(run)]
    if run.run_config:
        command += ["--config-json", json.dumps(run.run_config)]
    return FailedRun(
        job=run.job_name,
        run_id=run.run_id,
        step=", ".join(str(event.step_key) for event in steps) or None,
        sentence=_refusals(context) or "; ".join(map(_sentence, steps)) or context.failure_event.message or UNKNOWN,
        again=shlex.join(command),
        url=run_url(run.run_id),
    )


def _what_ran(run: dg.DagsterRun) -> list[str]:
    """The options that name a run's job or, where the UI ran assets without one, those assets and no others."""
    if run.asset_selection and run.job_name.startswith("__"):
        return ["--assets", ",".join(sorted(key.to_user_string() for key in run.asset_selection))]
    return ["--job", run.job_name]


def _refusals(context: dg.RunFailureSensorContext) -> str:
    """The checks that stopped the run, each with what it found."""
    logs = context.instance.all_logs(context.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = [log.asset_check_evaluation for log in logs]
    return "; ".join(
        f"{found.check_name}: {found.description or 'failed'}"
        for found in evaluations
        if found and not found.passed and found.blocking and found.severity == dg.AssetCheckSeverity.ERROR
    )


def _sentence(event: dg.DagsterEvent) -> str:
    """A step's failure in its own words: our sentence, else the error at the bottom of it."""
    data = event.step_failure_data
    if data.user_failure_data and data.user_failure_data.description:
        return data.user_failure_data.description
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error else event.message or UNKNOWN

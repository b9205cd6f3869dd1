"""`domain-ft run`: the whole loop as one run of the project's own Dagster instance, so that the UI shows the same.

The command line waits for the run, shows where it is, and ends with what a person wants to know: the table of arms,
the verdict, where the model lies, and what to do next. A failure in a step comes back as that step's own sentence.
"""

import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from rich.text import Text

from domain_ft import console, stages
from domain_ft.components.jobs import run_job
from domain_ft.components.launchpad import launchpad_config
from domain_ft.components.step import EXIT_CODE
from domain_ft.domain import Domain, find_domain, parse_override
from domain_ft.errors import DomainFtError, InputError
from domain_ft.instance import prepare_instance
from domain_ft.resources.results import results_of_run
from domain_ft.safe_text import visible
from domain_ft.store.home import Home

COMMAND_TAG = "domain_ft/command"
STAGE_KEYS = {
    "raw": "ingest",
    "triplets": "dataset",
    "embedding_model": "train",
    "benchmark": "benchmark",
    "champion": "promotion",
}


def run_domain(
    domain: Domain, home: Home, files: Sequence[Path], overrides: Sequence[str], quiet: bool
) -> dict[str, Any]:
    """Ingest `files` (if any), then execute the domain's whole chain; returns one object with every stage's result."""
    with console.progress_bars(quiet) as progress:
        ingested = stages.ingest(domain, home, files, progress=progress).as_json() if files else None
    prepare_instance(home)
    config = launchpad_config(domain, dict(parse_override(text) for text in overrides))
    run_id = _execute(domain, config, quiet)
    results = results_of_run(home, run_id, domain.name)
    report = {STAGE_KEYS[stage]: result for stage, result in results.items()}
    if ingested is not None:
        report["ingest"] = ingested
    return {"run_id": run_id, **report}


def _execute(domain: Domain, config: Mapping[str, Any], quiet: bool) -> str:
    command = uuid.uuid4().hex
    job = dg.build_reconstructable_job("domain_ft.run", "chain_job", (domain.name, domain.preset))
    with dg.DagsterInstance.get() as instance, _watch(instance, command, quiet):
        result = dg.execute_job(
            job,
            instance=instance,
            run_config={**config, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags={COMMAND_TAG: command},
            raise_on_error=False,
        )
        if not result.success:
            raise _failure(result)
        return result.run_id


def chain_job(domain: str, preset: str | None) -> Any:
    """The job that does a domain's whole chain; the steps' processes find it through this function too."""
    from domain_ft.definitions import defs

    if preset:
        return defs().resolve_job_def(f"{domain}_{preset}")
    job = run_job(find_domain(domain))
    return dg.Definitions.merge(defs(), dg.Definitions(jobs=[job])).resolve_job_def(job.name)


def _failure(result: Any) -> DomainFtError:
    """The sentence of the step that failed, as an error of the same exit code; Dagster's own where there is none."""
    for event in result.all_events:
        failure = event.event_specific_data.user_failure_data if event.is_step_failure else None
        if failure and failure.description:
            code = failure.metadata.get(EXIT_CODE)
            return (InputError if code and code.value == InputError.exit_code else DomainFtError)(failure.description)
    checks = [event.asset_check_evaluation_data for event in result.all_events if event.is_asset_check_evaluation]
    failed = [check.check_name for check in checks if not check.passed and check.blocking]
    if failed:
        return DomainFtError(f"run {result.run_id}: stopped by the check {', '.join(failed)}; make ui shows it")
    return DomainFtError(f"run {result.run_id} failed; make ui shows its log")


@contextmanager
def _watch(instance: dg.DagsterInstance, command: str, quiet: bool) -> Iterator[None]:
    """Show the run's steps and the training's figures on stderr while it goes on."""
    if quiet:
        yield
        return
    done = threading.Event()
    thread = threading.Thread(target=_follow, args=(instance, command, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=5)


def _follow(instance: dg.DagsterInstance, command: str, done: threading.Event) -> None:
    run_id, cursor = None, None
    while True:
        last = done.wait(0.5)
        if run_id is None:
            runs = instance.get_runs(dg.RunsFilter(tags={COMMAND_TAG: command}), limit=1)
            run_id = runs[0].run_id if runs else None
        if run_id is not None:
            connection = instance.get_records_for_run(run_id, cursor=cursor)
            cursor = connection.cursor
            for record in connection.records:
                _tell(record.event_log_entry)
        if last:
            return


def _tell(entry: Any) -> None:
    event = entry.dagster_event
    if event is None:
        if entry.level >= 20:
            console.err.print(Text(visible(f"    {entry.user_message}")), soft_wrap=True)
    elif event.is_step_start:
        console.err.print(f"[bold]{event.step_key}[/bold]")
    elif event.is_asset_observation:
        figures = {key: value.value for key, value in event.asset_observation_data.asset_observation.metadata.items()}
        console.err.print(console.plain("    " + _figures(figures)))
    elif event.is_step_failure:
        console.err.print(f"[bold red]{event.step_key} failed[/bold red]")


def _figures(figures: Mapping[str, Any]) -> str:
    step, total = figures.get("step"), figures.get("total_steps")
    others = [
        f"{name} {console.shown(value)}" for name, value in figures.items() if name not in ("step", "total_steps")
    ]
    return f"step {step}/{total}  " + "  ".join(others)

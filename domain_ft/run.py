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

from domain_ft import console
from domain_ft.alive import COMMAND_TAG, hold
from domain_ft.components.jobs import run_job
from domain_ft.components.launchpad import launchpad_config, with_files
from domain_ft.components.step import EXIT_CODE
from domain_ft.domain import Domain, parse_override
from domain_ft.domains import find_domain
from domain_ft.errors import DomainFtError, InputError
from domain_ft.instance import prepare_instance
from domain_ft.resources.results import results_of_run
from domain_ft.safe_text import visible
from domain_ft.store.home import Home
from domain_ft.typed import typed_file

_KILLED = "ChildProcessCrashException"
"""What Dagster calls the end of a step's process that could say nothing itself."""
_LONG = dg.MarkdownMetadataValue
"""What has no place in a line."""
_INTERRUPTS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt")
STAGE_KEYS = {
    "raw": "ingest",
    "audit": "audit",
    "triplets": "dataset",
    "fixed": "dataset",
    "embedding_model": "train",
    "lora_adapter": "train",
    "benchmark": "benchmark",
    "champion": "promotion",
}


def run_domain(
    domain: Domain, home: Home, files: Sequence[Path], overrides: Sequence[str], quiet: bool
) -> dict[str, Any]:
    """Execute the domain's whole chain on `files` (none: what has landed); one object with every stage's result."""
    config = launchpad_config(domain, dict(parse_override(text) for text in overrides))
    if files:
        config = with_files(config, domain, [typed_file(file) for file in files])
    prepare_instance(home)
    run_id = _execute(domain, config, quiet)
    return {
        "run_id": run_id,
        **{STAGE_KEYS[stage]: result for stage, result in results_of_run(home, run_id, domain.name).items()},
    }


def _execute(domain: Domain, config: Mapping[str, Any], quiet: bool) -> str:
    command = uuid.uuid4().hex
    job = dg.build_reconstructable_job("domain_ft.run", "chain_job", (domain.name, domain.preset))
    with _open_instance() as instance, _watch(instance, command, quiet):
        hold(instance, command)
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


def _open_instance() -> dg.DagsterInstance:
    """The project's instance, which keeps Dagster's own DEBUG lines off stderr unless its `dagster.yaml` asks for them.

    A step's process logs before the run's loggers apply, at this level; events are stored whatever the level.
    """
    with dg.DagsterInstance.get() as instance:
        ref = instance.get_ref()
    logs = {"python_log_level": "INFO", **(ref.settings.get("python_logs") or {})}
    return dg.DagsterInstance.from_ref(ref._replace(settings={**ref.settings, "python_logs": logs}))


def chain_job(domain: str, preset: str | None) -> Any:
    """The job that does a domain's whole chain; the steps' processes find it through this function too."""
    from domain_ft.definitions import defs

    if preset:
        return defs().resolve_job_def(f"{domain}_{preset}")
    job = run_job(find_domain(domain))
    return dg.Definitions.merge(defs(), dg.Definitions(jobs=[job])).resolve_job_def(job.name)


def _failure(result: Any) -> DomainFtError:
    """The sentence of the step that failed, as an error of the same exit code; Dagster's own where there is none."""
    failures = [event for event in result.all_events if event.is_step_failure]
    for event in failures:
        said = event.step_failure_data.user_failure_data
        if said and said.description:
            code = said.metadata.get(EXIT_CODE)
            return (InputError if code and code.value == InputError.exit_code else DomainFtError)(said.description)
    if any(_is_interrupt(event.step_failure_data.error) for event in failures):
        raise KeyboardInterrupt
    reasons = [f"{event.step_key} {_end(event.step_failure_data.error)}" for event in failures]
    why = f": {'; '.join(reasons)}" if reasons else ""
    return DomainFtError(f"run {result.run_id} failed{why}; make ui shows its log")


def _is_interrupt(error: Any) -> bool:
    return error is not None and (error.cls_name in _INTERRUPTS or _is_interrupt(error.cause))


def _end(error: Any) -> str:
    """How a step ended: by the error at the bottom of a chain, in one line, or by none of its own."""
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return "ended with an error without a name"
    if error.cls_name == _KILLED:
        return "was killed, most likely because memory ran out, and the same command goes on from what was finished"
    return f"ended with {' '.join(error.message.split())}"


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
        metadata = event.asset_observation_data.asset_observation.metadata
        figures = {key: value.value for key, value in metadata.items() if not isinstance(value, _LONG)}
        console.err.print(console.plain("    " + _figures(figures)))
    elif event.is_step_failure:
        console.err.print(f"[bold red]{event.step_key} failed[/bold red]")


def _figures(figures: Mapping[str, Any]) -> str:
    return "  ".join(f"{name} {console.shown(value)}" for name, value in figures.items())

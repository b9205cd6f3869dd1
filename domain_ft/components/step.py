"""What every step of a domain does alike: its names and tags, its settings, its words to a person."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg

from domain_ft.components.launchpad import DOMAIN_TAG, asset_key, section_config
from domain_ft.domain import Domain
from domain_ft.errors import DomainFtError
from domain_ft.faults import fault_sentence
from domain_ft.safe_text import masked, one_line

PROGRESS_EVERY_S = 5.0
EXIT_CODE = "exit_code"
"""Key of a failure's metadata: the exit code that the command line ends with."""
UI_VARIABLE = "DOMAIN_FT_DAGSTER_UI"
LOCAL_UI = "http://127.0.0.1:3000"


def asset_arguments(domain: Domain, name: str, *, device: str = "cpu") -> dict[str, Any]:
    """The arguments of `dg.asset` that follow from domain and name: key, group, owners, tags."""
    return {
        "key": asset_key(domain.name, name),
        "group_name": domain.name,
        "owners": [f"team:{domain.name}"],
        "tags": {"domain_ft/stage": name, "domain_ft/device": device, DOMAIN_TAG: domain.name},
    }


def stage_arguments(
    domain: Domain, stage: str, *, made_from: str | None = None, device: str = "cpu", **more: Any
) -> dict[str, Any]:
    """Those of a stage: its input (by default the stage before it) and its config, too."""
    position = domain.stages.index(stage)
    upstream = made_from or (domain.stages[position - 1] if position else None)
    section = next((section for section, asset in domain.settings.sections.items() if asset == stage), None)
    arguments = {**asset_arguments(domain, stage, device=device), "io_manager_key": "results"}
    if upstream:
        arguments["ins"] = {upstream: dg.AssetIn(key=asset_key(domain.name, upstream))}
    if section:
        arguments["config_schema"] = section_config(section, domain.section(section))
    return arguments | more


def check_spec(domain: Domain, stage: str, name: str, description: str, blocking: bool = False) -> dg.AssetCheckSpec:
    """A check that the stage's own step carries out: one of its own would cost a process of about a second."""
    return dg.AssetCheckSpec(name, asset=asset_key(domain.name, stage), description=description, blocking=blocking)


@contextmanager
def plain_failures() -> Iterator[None]:
    """A failure of ours, or of the operating system, becomes the step's description; it is not tried again."""
    try:
        yield
    except DomainFtError as error:
        raise _failure(str(error), error.exit_code) from error
    except Exception as error:
        sentence = fault_sentence(error)
        if sentence is None:
            raise
        raise _failure(sentence, DomainFtError.exit_code) from error


def _failure(sentence: str, exit_code: int) -> dg.Failure:
    return dg.Failure(one_line(masked(sentence)), metadata={EXIT_CODE: exit_code}, allow_retries=False)


class LoggedProgress:
    """Progress as lines of the step's log: the first of each step of the work, then one every few seconds."""

    def __init__(self, log: dg.DagsterLogManager, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._clock = clock
        self._step = ""
        self._told_at = float("-inf")

    def __call__(self, step: str, done: int, total: int | None = None) -> None:
        if step == self._step and self._clock() - self._told_at < PROGRESS_EVERY_S:
            return
        self._step, self._told_at = step, self._clock()
        self._log.info(f"{one_line(step)}: {done:,}" + (f" of {total:,}" if total is not None else ""))


def run_tags(context: dg.AssetExecutionContext) -> Mapping[str, str]:
    """Where in Dagster something was made, as tags for MLflow and for reports."""
    return {
        "dagster.run_id": context.run.run_id,
        "dagster.asset": context.asset_key.to_user_string(),
        "dagster.url": run_url(context.run.run_id),
    }


def run_url(run_id: str) -> str:
    """The page of a run."""
    ui = (os.environ.get(UI_VARIABLE) or LOCAL_UI).rstrip("/")
    return f"{ui}/runs/{run_id}"

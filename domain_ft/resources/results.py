"""How a step hands its result to the next: by the name of the folder that it published, within one run.

Inside a run a step must take what its upstream published in that very run, not whatever `current` points to by then:
another run may have moved it. Outside of a run's selection `current` is what counts, since the command line publishes
without Dagster. The results stay readable by run, for `domain-ft run` to show.
"""

import json
from pathlib import Path
from typing import Any, Protocol

import dagster as dg
from dagster._core.execution.context.output import RUN_ID_PLACEHOLDER

from domain_ft.errors import DomainFtError, InputError
from domain_ft.resources.state import StateRoot
from domain_ft.store.done import EVERY_STAGE
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, pointed, write_json


class StageResult(Protocol):
    """What every stage returns: the folder that it published, and the keys that scripts rely on."""

    @property
    def path(self) -> Path: ...

    def as_json(self) -> dict[str, Any]: ...


class StageResults(dg.ConfigurableIOManager):
    """Keeps each run's results, and gives a step its upstream's folder."""

    state: dg.ResourceDependency[StateRoot]

    def handle_output(self, context: dg.OutputContext, obj: StageResult) -> None:
        """Note the result of a stage."""
        note = _note(self.state.home(), context.run_id, context.asset_key)
        note.parent.mkdir(parents=True, exist_ok=True)
        write_json(note, {"path": str(obj.path), "result": obj.as_json()})

    def load_input(self, context: dg.InputContext) -> Path:
        """The upstream's folder of this run (or of the run that this one repeats in part), else its `current`."""
        home, key, upstream = self.state.home(), context.asset_key, context.upstream_output
        run_id = upstream.run_id if upstream is not None else RUN_ID_PLACEHOLDER
        folder = current_folder(home, key) if run_id == RUN_ID_PLACEHOLDER else _folder_of_run(home, run_id, key)
        context.log.info(f"{key.to_user_string()}: {folder}")
        return folder


def results_of_run(home: Home, run_id: str, domain: str) -> dict[str, dict[str, Any]]:
    """Stage -> result of every stage that a run carried out for a domain, in the order of the stages."""
    notes = {stage: _note(home, run_id, dg.AssetKey([domain, stage])) for stage in EVERY_STAGE}
    return {stage: json.loads(note.read_bytes())["result"] for stage, note in notes.items() if note.exists()}


def current_folder(home: Home, key: dg.AssetKey) -> Path:
    """What an asset's `current` pointer leads to; InputError where nothing is published yet."""
    domain, stage = key.path
    parents = {
        "raw": home.raw(domain),
        "triplets": home.triplets(domain),
        "audit": home.audits(domain),
        "fixed": home.fixed(domain),
        "embedding_model": home.models(domain),
        "lora_adapter": home.models(domain),
        "benchmark": home.benchmarks(domain),
    }
    folder = pointed(parents[stage] / "current")
    if folder is None:
        raise InputError(f"{key.to_user_string()}: nothing is published yet; materialize it first")
    return folder


def _note(home: Home, run_id: str, key: dg.AssetKey) -> Path:
    return home.runs / run_id / f"{'-'.join(key.path)}.json"


def _folder_of_run(home: Home, run_id: str, key: dg.AssetKey) -> Path:
    try:
        folder = Path(json.loads(_note(home, run_id, key).read_bytes())["path"])
    except FileNotFoundError:
        raise DomainFtError(
            f"{key.to_user_string()}: run {run_id} left no note of what it published; materialize it again"
        ) from None
    if not is_published(folder):
        raise DomainFtError(f"{folder}: published by run {run_id} and gone since; materialize {key.to_user_string()}")
    return folder

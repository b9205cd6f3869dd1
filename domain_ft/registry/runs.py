"""The MLflow run of a model version, found by tag: a retry resumes the run that is there and never makes a second.

Everything written is either the same when written again (params, tags, artifacts, points with a fixed time) or
written once under a tag that says so.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain_ft.registry.store import DOMAIN_TAG, PREFIX, VERSION_TAG, Registry
from domain_ft.registry.training_curve import figures, training_curve
from domain_ft.safe_text import masked
from domain_ft.store.kinds import ADAPTER_KIND
from domain_ft.training.log import TRAINING_LOG

if TYPE_CHECKING:
    from mlflow.entities import Metric

DATASET_TAG = PREFIX + "dataset_digest"
RECORDED_TAG = PREFIX + "recorded"
CARD = "README.md"
_METRICS_AT_ONCE = 1000
_PARAMS_AT_ONCE = 100
_PARAM_LENGTH = 6000
_MANIFEST_PARAMS = (
    "base_model", "base_sha256", "dataset_digest", "relevance", "precision", "device", "seed", "frozen_layers",
    "trainable_parameters", "total_parameters", "train_examples", "training_code_version", "prompt_digest",
)  # fmt: skip
_MANIFEST_METRICS = (
    "steps", "best_step", "duration_s", "examples_per_second", "tokens_per_second", "peak_memory_bytes",
    "truncated_rows",
)  # fmt: skip


@dataclass(frozen=True)
class RunRecord:
    """Where a model version's run is."""

    run_id: str
    url: str


def find_run(registry: Registry, tag: str, value: str) -> RunRecord | None:
    """The domain's run that carries a tag of that value, or None."""
    found = registry.client.search_runs(
        [registry.experiment_id], f"tags.`{tag}` = '{value}'", order_by=["start_time ASC"], max_results=1
    )
    return RunRecord(found[0].info.run_id, registry.run_url(found[0].info.run_id)) if found else None


def resumed_run(registry: Registry, version: str, tags: Mapping[str, str]) -> AbstractContextManager[RunRecord]:
    """The run of a model version, found or made, RUNNING inside the block, FINISHED or FAILED after it."""
    return tagged_run(registry, VERSION_TAG, version, tags, name=version)


@contextmanager
def tagged_run(registry: Registry, tag: str, value: str, tags: Mapping[str, str], *, name: str) -> Iterator[RunRecord]:
    """The run that carries `tag`, found or made, RUNNING inside the block, FINISHED or FAILED after it.

    Its tags say first under whose lock it is open, so that a kill at any moment leaves a run that can be closed.
    """
    own = {DOMAIN_TAG: registry.domain, tag: value, **registry.writer}
    run = find_run(registry, tag, value)
    if run is None:
        run_id = registry.client.create_run(registry.experiment_id, tags=own, run_name=name).info.run_id
        run = RunRecord(run_id, registry.run_url(run_id))
        set_tags(registry, run.run_id, tags)
    else:
        set_tags(registry, run.run_id, {**own, **tags})
        registry.client.update_run(run.run_id, status="RUNNING")
    try:
        yield run
    except BaseException:
        registry.client.set_terminated(run.run_id, "FAILED")
        raise
    registry.client.set_terminated(run.run_id, "FINISHED")


def mark_finished(registry: Registry, run_id: str) -> None:
    """Close a run that holds all that there is to tell, however it was left: interrupted at its very end, or killed."""
    if registry.client.get_run(run_id).info.status != "FINISHED":
        registry.client.set_terminated(run_id, "FINISHED")


def set_tags(registry: Registry, run_id: str, tags: Mapping[str, str]) -> None:
    """Set tags on a run; credentials inside addresses are masked."""
    from mlflow.entities import RunTag

    written = [RunTag(key, masked(str(value))) for key, value in tags.items()]
    if written:
        registry.client.log_batch(run_id, tags=written)


def log_training(registry: Registry, run_id: str, model: Path, manifest: Mapping[str, Any]) -> None:
    """Write a published model's settings, curve, figures, dataset and card to its run, once."""
    client, known = registry.client, registry.client.get_run(run_id).data
    if known.tags.get(RECORDED_TAG) == "training":
        return
    log_params(registry, run_id, training_params(manifest))
    log_metrics(registry, run_id, _curve(model) + _metrics(training_figures(manifest), _log_time(model)))
    _log_dataset(registry, run_id, manifest)
    if (model / CARD).is_file():
        client.log_artifact(run_id, str(model / CARD))
    set_tags(registry, run_id, {DATASET_TAG: str(manifest.get("dataset_digest", "")), RECORDED_TAG: "training"})


def log_params(registry: Registry, run_id: str, params: Mapping[str, str]) -> None:
    """Write params. They cannot change: one that is there stays (another device may have trained a version again)."""
    from mlflow.entities import Param

    known = registry.client.get_run(run_id).data.params
    new = [Param(name, masked(value)[:_PARAM_LENGTH]) for name, value in params.items() if name not in known]
    for start in range(0, len(new), _PARAMS_AT_ONCE):
        registry.client.log_batch(run_id, params=new[start : start + _PARAMS_AT_ONCE])


def log_metrics(registry: Registry, run_id: str, metrics: list["Metric"]) -> None:
    """Write metrics in batches as large as MLflow takes them."""
    for start in range(0, len(metrics), _METRICS_AT_ONCE):
        registry.client.log_batch(run_id, metrics=metrics[start : start + _METRICS_AT_ONCE])


def training_params(manifest: Mapping[str, Any]) -> dict[str, str]:
    """A run's params: the resolved settings, and what the training made of `auto`."""
    chosen = dict(manifest.get("settings") or {})
    chosen |= {name: manifest[name] for name in _MANIFEST_PARAMS if manifest.get(name) is not None}
    return {name: masked(str(value))[:_PARAM_LENGTH] for name, value in sorted(chosen.items())}


def training_figures(manifest: Mapping[str, Any]) -> dict[str, float]:
    """A run's final figures: cost, and validation of the best checkpoint beside the base model's."""
    named: dict[str, Any] = {name: manifest.get(name) for name in _MANIFEST_METRICS}
    for group, key in (("validation_best", "validation"), ("validation_base", "base_validation")):
        named |= {f"{group}/{name}": value for name, value in (manifest.get(key) or {}).items()}
    return figures(named)


def _log_dataset(registry: Registry, run_id: str, manifest: Mapping[str, Any]) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    digest = str(manifest.get("dataset_digest", ""))[:36]
    if digest:
        stage = "fixed" if manifest.get("kind") == ADAPTER_KIND else "triplets"
        dataset = Dataset(f"{registry.domain}/{stage}", digest, "local", f'{{"uri": "{registry.domain}/{digest}"}}')
        training = DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])
        registry.client.log_inputs(run_id, datasets=[training])


def _curve(model: Path) -> list["Metric"]:
    from mlflow.entities import Metric

    at = _log_time(model)
    return [Metric(point.name, point.value, at, point.step) for point in training_curve(model)]


def _metrics(values: Mapping[str, float], at: int) -> list["Metric"]:
    from mlflow.entities import Metric

    return [Metric(name, value, at, 0) for name, value in values.items()]


def _log_time(model: Path) -> int:
    """Milliseconds since the epoch at which the log was written: the same on every retry."""
    path = model / TRAINING_LOG
    return int((path.stat().st_mtime if path.is_file() else time.time()) * 1000)

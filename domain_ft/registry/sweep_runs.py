"""A sweep in MLflow: one parent run with a child per combination, found by tag, so that a sweep that goes on resumes.

Children carry no version tag and register nothing: a sweep is an experiment, and none of its models a candidate yet.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain_ft.registry.runs import DATASET_TAG, RECORDED_TAG, log_metrics, log_params, set_tags, tagged_run
from domain_ft.registry.store import PREFIX, Registry, open_registry
from domain_ft.registry.training_curve import figures
from domain_ft.registry.versions import COMPARISON_TAG, PRIMARY_TAG
from domain_ft.safe_text import masked
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home

SWEEP_TAG = PREFIX + "sweep"
PROGRESS_TAG = PREFIX + "sweep_progress"
COMBINATION_TAG = PREFIX + "combination"
MODEL_TAG = PREFIX + "sweep_model"
PARENT_TAG = "mlflow.parentRunId"
TABLE = "sweep.json"


@dataclass(frozen=True)
class Outcome:
    """One combination that was judged: its settings, its model, and its figures on validation."""

    name: str
    settings: Mapping[str, str]
    version: str
    dataset: str
    benchmark: str
    comparison_digest: str
    metrics: Mapping[str, Mapping[str, Any]]
    """Metric to mean, low and high."""
    gains: Mapping[str, Mapping[str, Any]]
    """The same of the difference to the base model."""

    @property
    def figures(self) -> dict[str, float]:
        """The figures by metric name, with their bounds."""
        named: dict[str, Any] = {}
        for group, estimates in (("validation", self.metrics), ("gain_over_base", self.gains)):
            for metric, estimate in estimates.items():
                named[f"{group}/{metric}"] = estimate["mean"]
                named |= {f"{group}/{metric}_{bound}": estimate.get(bound) for bound in ("low", "high")}
        return figures(named)


@dataclass(frozen=True)
class SweepRecord:
    """A sweep as far as it has come."""

    digest: str
    """Of all its combinations and the history that they learn from."""
    axes: Mapping[str, str]
    """Setting to its values, as they were typed."""
    combinations: int
    primary_metric: str
    outcomes: Sequence[Outcome]
    table: Mapping[str, Any]
    """The result as scripts get it."""


def record_sweep(home: Home, domain: str, sweep: SweepRecord) -> str:
    """Write what a sweep has come to so far; told again, it adds only what is new. Returns the parent's page."""
    with open_registry(home, domain) as registry:
        tags = {
            PRIMARY_TAG: sweep.primary_metric,
            PROGRESS_TAG: f"{len(sweep.outcomes)} of {sweep.combinations}",
        }
        with tagged_run(registry, SWEEP_TAG, sweep.digest, tags, name=f"sweep {sweep.digest}") as parent:
            log_params(registry, parent.run_id, {**sweep.axes, "combinations": str(sweep.combinations)})
            registry.client.log_text(parent.run_id, masked(json.dumps(sweep.table, indent=2, sort_keys=True)), TABLE)
            told = _told(registry, parent.run_id)
            for outcome in sweep.outcomes:
                if outcome.benchmark not in told:
                    _record_combination(registry, sweep, outcome, parent.run_id)
        return parent.url


def _told(registry: Registry, parent: str) -> set[str]:
    """The benchmarks that stand in children of a run, whole."""
    children = registry.client.search_runs([registry.experiment_id], f"tags.`{PARENT_TAG}` = '{parent}'")
    return {child.data.tags.get(RECORDED_TAG, "") for child in children}


def _record_combination(registry: Registry, sweep: SweepRecord, outcome: Outcome, parent: str) -> None:
    from mlflow.entities import Metric

    digest = short(sha256_json([sweep.digest, dict(outcome.settings)]))
    tags = {
        PARENT_TAG: parent,
        MODEL_TAG: outcome.version,
        DATASET_TAG: outcome.dataset,
        COMPARISON_TAG: outcome.comparison_digest,
        PRIMARY_TAG: sweep.primary_metric,
    }
    with tagged_run(registry, COMBINATION_TAG, digest, tags, name=masked(outcome.name)) as run:
        log_params(registry, run.run_id, outcome.settings)
        now = int(time.time() * 1000)
        log_metrics(registry, run.run_id, [Metric(key, value, now, 0) for key, value in outcome.figures.items()])
        set_tags(registry, run.run_id, {RECORDED_TAG: outcome.benchmark})

"""What the registry is told of a model: its training, then each benchmark. Each is told once, however often called."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.benchmark_file import BENCHMARK, REPORT, read_benchmark
from domain_ft.registry.evidence import Evidence, evidence_of
from domain_ft.registry.noted import note_url
from domain_ft.registry.runs import RunRecord, log_metrics, log_training, mark_finished, resumed_run, set_tags
from domain_ft.registry.store import Registry, open_registry
from domain_ft.registry.training_curve import figures
from domain_ft.registry.versions import (
    BENCHMARK_TAG,
    COMPARISON_TAG,
    DIFFERENCE_TAG,
    PRIMARY_TAG,
    REFERENCE_TAG,
    SCORE_TAG,
    VERDICT_TAG,
    RegisteredVersion,
    describe_version,
    find_version,
    register_version,
    tag_version,
)
from domain_ft.store.home import Home
from domain_ft.store.kinds import ADAPTER_KIND
from domain_ft.store.publish import read_manifest

if TYPE_CHECKING:
    from mlflow.entities import Metric


@dataclass(frozen=True)
class ModelRecord:
    """Where a published model stands in MLflow."""

    version: str
    number: str
    """MLflow's own count of the domain's versions."""
    run_id: str
    url: str
    """The page of its run."""


def record_training(home: Home, domain: str, model: Path, *, tags: Mapping[str, str] | None = None) -> ModelRecord:
    """Make (or resume) the run of a published model, write what it was trained with, and register it as a version."""
    with open_registry(home, domain) as registry:
        return register_model(registry, model, tags or {})


def record_benchmark(home: Home, domain: str, benchmark: Path, *, tags: Mapping[str, str] | None = None) -> ModelRecord:
    """Write a benchmark's figures, report and verdict to its candidate's run and version."""
    document = read_benchmark(benchmark)
    candidate = home.models(domain) / evidence_of(document).candidate
    with open_registry(home, domain) as registry:
        record = register_model(registry, candidate, tags or {})
        return log_benchmark(registry, record, benchmark, document, tags or {})


def register_model(registry: Registry, model: Path, tags: Mapping[str, str]) -> ModelRecord:
    """The record of a published model in an open registry: found, or made."""
    manifest = read_manifest(model)
    version = str(manifest["version"])
    if (manifest.get("domain"), version) != (registry.domain, model.name):
        raise DomainFtError(
            f"{model}: its manifest says domain {manifest.get('domain')}, version {version}; a model folder is named "
            "by its version and stays where it was published"
        )
    found = find_version(registry, version)
    if found is not None and found.run_id:
        mark_finished(registry, found.run_id)
        record = ModelRecord(version, found.number, found.run_id, registry.run_url(found.run_id))
    else:
        with resumed_run(registry, version, tags) as run:
            log_training(registry, run.run_id, model, manifest)
            kind = ADAPTER_KIND if manifest.get("kind") == ADAPTER_KIND else "embedding"
            registered = register_version(registry, version, run.run_id, str(manifest["dataset_digest"]), kind)
        record = ModelRecord(version, registered.number, run.run_id, run.url)
    note_url(registry.home, registry.domain, version, record.url)
    return record


def log_benchmark(
    registry: Registry, record: ModelRecord, folder: Path, document: Mapping[str, Any], tags: Mapping[str, str]
) -> ModelRecord:
    """Write a benchmark to its candidate's run and version, unless it is the one last written there.

    The run's tags say where it was benchmarked, beside those that say where it was trained.
    """
    evidence = evidence_of(document)
    where = {f"benchmark.{key}": value for key, value in tags.items()}
    registered = find_version(registry, record.version)
    if registered is None:
        mark_finished(registry, record.run_id)
        return record
    if registered.tags.get(BENCHMARK_TAG) == evidence.digest:
        mark_finished(registry, record.run_id)
    else:
        with resumed_run(registry, record.version, where) as run:
            log_metrics(registry, run.run_id, _metrics(document, registered, run))
            for name in (BENCHMARK, REPORT):
                if (folder / name).is_file():
                    registry.client.log_artifact(run.run_id, str(folder / name))
            found = benchmark_tags(evidence)
            set_tags(registry, run.run_id, found)
            describe_version(registry, record.number, benchmark_sentence(evidence))
            tag_version(registry, record.number, found)
    note_url(registry.home, registry.domain, record.version, record.url, evidence.digest)
    return record


def benchmark_tags(evidence: Evidence) -> dict[str, str]:
    """What a table of versions shows of a benchmark. Its digest comes last: it says that all else is written."""
    intervals = {SCORE_TAG: evidence.score, DIFFERENCE_TAG: evidence.difference}
    return {
        VERDICT_TAG: evidence.outcome,
        PRIMARY_TAG: evidence.primary_metric,
        REFERENCE_TAG: evidence.champion or evidence.reference,
        **{tag: json.dumps(interval.as_json() if interval else None) for tag, interval in intervals.items()},
        COMPARISON_TAG: evidence.comparison_digest,
        BENCHMARK_TAG: evidence.digest,
    }


def benchmark_sentence(evidence: Evidence) -> str:
    """The line that MLflow shows on the version's page."""
    against = f"champion {evidence.champion}" if evidence.champion else "base model"
    return (
        f"{evidence.outcome} against the {against}: {evidence.primary_metric} {evidence.difference} (n={evidence.n}, "
        f"benchmark {evidence.digest})"
    )


def benchmark_figures(document: Mapping[str, Any]) -> dict[str, float]:
    """The figures of every arm, and the differences over all queries with their lower bounds, by metric name; beside
    them general ability, the evaluation file, use of the space and speed, as far as they were measured."""
    named: dict[str, Any] = {}
    for arm, metrics in document["arms"].items():
        named |= {f"{arm}/{metric}": entry["mean"] for metric, entry in metrics.items()}
    for row in document["differences"]:
        if row["slice"] == "all":
            group = f"gain_over_{row['reference']}"
            named |= {f"{group}/{row['metric']}": row["mean"], f"{group}/{row['metric']}_low": row["low"]}
    for arm, metrics in ((document.get("general_ability") or {}).get("arms") or {}).items():
        named |= {f"{arm}/general_{metric}": entry["mean"] for metric, entry in metrics.items() if entry}
    if perplexity := document.get("general"):
        named |= {"base/perplexity": perplexity["base"], "candidate/perplexity": perplexity["tuned"]}
    for arm, metrics in ((document.get("evaluation_file") or {}).get("arms") or {}).items():
        named |= {f"{arm}/evaluation_file_{metric}": entry["mean"] for metric, entry in metrics.items()}
    for arm, occupancy in (document["collapse"].get("arms") or {}).items():
        named |= {f"{arm}/{name}": occupancy[name] for name in ("mean_pairwise_cosine", "effective_rank")}
    for arm, speed in (document.get("speed") or {}).items():
        named |= {f"{arm}/{name}": speed[name] for name in ("median_ms", "p95_ms", "texts_per_second")}
    return figures(named)


def _metrics(document: Mapping[str, Any], registered: RegisteredVersion, run: RunRecord) -> list["Metric"]:
    """Tied to the version's own record too, so that MLflow shows them on its page and in its comparisons."""
    from mlflow.entities import Metric

    now, evidence = int(time.time() * 1000), evidence_of(document)
    tied = {
        "model_id": registered.model_id,
        "dataset_name": f"{evidence.dataset_digest}/{document['split']}",
        "dataset_digest": evidence.comparison_digest[:36],
        "run_id": run.run_id,
    }
    return [Metric(name, value, now, 0, **tied) for name, value in benchmark_figures(document).items()]

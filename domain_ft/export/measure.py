"""What an export costs: exported and original model on the validation split, and the time that each takes on a CPU."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from domain_ft.domain import EmbeddingDomain
from domain_ft.evaluation.arms import BASE, CANDIDATE, model_figures, time_models
from domain_ft.evaluation.case import BenchmarkCase, Rules, benchmark_case
from domain_ft.evaluation.comparison import ALL, compare_arms
from domain_ft.evaluation.held_out import made_from
from domain_ft.evaluation.speed import Uncached
from domain_ft.evaluation.vocabulary import vocabulary
from domain_ft.judge import published_arm
from domain_ft.progress import Progress
from domain_ft.store.home import Home
from domain_ft.store.publish import read_manifest, verify_folder
from domain_ft.store.vectors import Encode
from domain_ft.training.device import describe_device
from domain_ft.training.lease import device_lease

SPLIT = "validation"
CPU = "cpu"
ROLES = {BASE: "original", CANDIDATE: "exported"}
"""The arms of the benchmark's statistics, as they are called here."""


def measure_export(
    domain: EmbeddingDomain, home: Home, model: Path, exported: Encode, progress: Progress
) -> dict[str, Any]:
    """Both models' metrics with their differences, and the speed of each; plain values for JSON.

    The test split is not looked at: whether to export is one more choice.
    """
    settings = domain.with_overrides({"benchmark.split": SPLIT, "training.device": CPU})
    case = _case(settings, home, model, exported, progress)
    figures = {name: model_figures(case.task, arm, progress) for name, arm in case.models.items()}
    comparison = compare_arms(
        figures,
        case.task.clusters,
        case.rules.settings,
        minimum_effect=case.rules.minimum_effect,
        margin=case.rules.margin,
    )
    speeds = time_models(case.task, case.models, figures, case.rules.settings.latency_runs, progress)
    keys = ("metric", "mean", "low", "high", "n", "p_value", "verdict")
    return {
        "split": SPLIT,
        "dataset_digest": case.dataset["digest"],
        "comparison_digest": case.comparison_digest,
        "primary_metric": comparison.primary_metric,
        "n": comparison.n,
        "units": vocabulary(made_from(case.dataset)).units,
        "verdict": comparison.verdict,
        "models": {
            role: {metric: asdict(one) for metric, one in comparison.arms[arm].items()} for arm, role in ROLES.items()
        },
        "differences": [
            {key: row[key] for key in keys} for row in map(asdict, comparison.differences) if row["slice"] == ALL
        ],
        "speed": {ROLES[arm]: asdict(speed) for arm, speed in speeds.items()},
    }


def _case(domain: EmbeddingDomain, home: Home, model: Path, exported: Encode, progress: Progress) -> BenchmarkCase:
    """The benchmark's case with the original in the base's place."""
    original = published_arm("candidate", domain, home, model, progress)
    dataset = home.triplets(domain.name) / read_manifest(model)["dataset"]
    raw = home.raw(domain.name) / read_manifest(dataset)["raw"]
    verify_folder(raw)

    @contextmanager
    def uncached() -> Iterator[Uncached]:
        does = f"times an export of {domain.name}"
        with device_lease(home, CPU, does, on_wait=lambda sentence: progress(sentence, 0)):
            yield Uncached(exported, describe_device(CPU))

    rules = Rules(domain.benchmark, domain.promotion.minimum_effect, domain.promotion.margin)
    arms = [replace(original, name="base"), replace(original, encode=exported, uncached=uncached)]
    return benchmark_case(raw, dataset, arms, rules)

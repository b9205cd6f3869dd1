"""Everything that `benchmark.json` says, computed; the report and the Markdown are made from it alone."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from domain_ft.evaluation.arms import (
    BM25,
    CANDIDATE,
    RANDOM,
    ArmFigures,
    ModelFigures,
    bm25_figures,
    model_figures,
    random_figures,
)
from domain_ft.evaluation.case import BenchmarkCase
from domain_ft.evaluation.comparison import Comparison, compare_arms
from domain_ft.evaluation.examples import pick_examples
from domain_ft.evaluation.headline import headline
from domain_ft.evaluation.held_out import made_from
from domain_ft.evaluation.histogram import similarity_histogram
from domain_ft.evaluation.loss_curve import read_training_curves
from domain_ft.evaluation.metrics import METRIC_VERSION
from domain_ft.evaluation.vocabulary import vocabulary
from domain_ft.progress import Progress


def benchmark_content(case: BenchmarkCase, progress: Progress, provenance: Mapping[str, str]) -> dict[str, Any]:
    """Judge the arms of a case; the values are plain, so that JSON holds them as they are."""
    figures: dict[str, ArmFigures] = {
        RANDOM: random_figures(case.task, case.rules.settings.seed),
        BM25: bm25_figures(case.task),
    }
    judged = {name: model_figures(case.task, model, progress) for name, model in case.models.items()}
    progress("compare", 0)
    comparison = compare_arms(
        {**figures, **judged},
        case.task.clusters,
        case.rules.settings,
        minimum_effect=case.rules.minimum_effect,
        margin=case.rules.margin,
    )
    same = case.models[CANDIDATE].digest == case.models[comparison.reference].digest
    return {
        "kind": "benchmark",
        "digest": case.digest,
        "comparison_digest": case.comparison_digest,
        "metric_version": METRIC_VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "headline": headline(
            comparison,
            minimum_effect=case.rules.minimum_effect,
            confidence=case.rules.settings.confidence,
            same_model=same,
            units=vocabulary(made_from(case.dataset)).units,
        ),
        **asdict(comparison),
        "models": {name: {"version": model.version, "digest": model.digest} for name, model in case.models.items()},
        "provenance": dict(provenance),
        **_conditions(case),
        **_illustrations(case, comparison, judged),
    }


def _conditions(case: BenchmarkCase) -> dict[str, Any]:
    """On what and by which rules was judged."""
    task, dataset = case.task, case.dataset
    words = vocabulary(made_from(dataset))
    return {
        "split": case.rules.settings.split,
        "words": asdict(words),
        "relevance": dataset["relevance"],
        "counts": dict(task.counts),
        "excluded": dict(case.excluded),
        "items": len(task.item_ids),
        "relevant_pairs": len(task.relevant),
        "unaffected_pairs": len(task.unaffected),
        "slice_pairs": {name: int(mask.sum()) for name, mask in task.slices.items()},
        "settings": case.rules.settings.model_dump(mode="json"),
        "promotion": {"minimum_effect": case.rules.minimum_effect, "margin": case.rules.margin},
        "dataset": {
            key: dataset[key] for key in ("digest", "raw", "raw_digest", "settings", "counts", "funnel", "leakage")
        },
    }


def _illustrations(case: BenchmarkCase, comparison: Comparison, judged: Mapping[str, ModelFigures]) -> dict[str, Any]:
    """What the report shows beside the figures."""
    examples = pick_examples(
        case.task,
        judged[CANDIDATE],
        judged[comparison.reference],
        comparison.primary_metric,
        case.rules.settings.examples,
    )
    return {
        "histograms": {name: asdict(similarity_histogram(model.similarities)) for name, model in judged.items()},
        "training": asdict(read_training_curves(case.models[CANDIDATE].training_log)),
        "examples": asdict(examples),
    }

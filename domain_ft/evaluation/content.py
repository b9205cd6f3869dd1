"""Everything that `benchmark.json` says, computed; the report and the Markdown are made from it alone."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from domain_ft.evaluation.arms import (
    BASE,
    BM25,
    CANDIDATE,
    FUSION,
    RANDOM,
    ArmFigures,
    ModelFigures,
    bm25_figures,
    fusion_figures,
    model_figures,
    random_figures,
    time_models,
)
from domain_ft.evaluation.case import BenchmarkCase, Rules
from domain_ft.evaluation.collapse import corpus_collapse
from domain_ft.evaluation.comparison import Comparison, compare_arms
from domain_ft.evaluation.evidence import few_clusters
from domain_ft.evaluation.examples import pick_examples
from domain_ft.evaluation.gates import evaluate_gates
from domain_ft.evaluation.general.ability import GENERAL_ABILITY, GeneralAbility, general_ability
from domain_ft.evaluation.headline import headline
from domain_ft.evaluation.held_out import made_from
from domain_ft.evaluation.histogram import similarity_histogram
from domain_ft.evaluation.loss_curve import read_training_curves
from domain_ft.evaluation.metrics import METRIC_VERSION
from domain_ft.evaluation.statistics import Resampling
from domain_ft.evaluation.task import RetrievalTask
from domain_ft.evaluation.vocabulary import vocabulary
from domain_ft.progress import Progress


def benchmark_content(case: BenchmarkCase, progress: Progress, provenance: Mapping[str, str]) -> dict[str, Any]:
    """Judge the arms of a case; the values are plain, so that JSON holds them as they are."""
    rules, settings = case.rules, case.rules.settings
    judged = {name: model_figures(case.task, model, progress) for name, model in case.models.items()}
    progress("compare", 0)
    comparison = _compared(case.task, judged, rules)
    ability = _general_ability(case, progress)
    if ability is not None and ability.guard is not None and settings.general_ability == "guard":
        comparison = replace(comparison, guards={**comparison.guards, GENERAL_ABILITY: ability.guard})
    means = {metric: estimate.mean for metric, estimate in comparison.arms[CANDIDATE].items()}
    gates = evaluate_gates(settings.gates, means, settings.rank_metrics())
    vectors = {name: model.vectors.items for name, model in judged.items()}
    collapse = corpus_collapse(vectors, BASE, CANDIDATE, settings.seed)
    speeds = time_models(case.task, case.models, judged, settings.latency_runs, progress)
    words = vocabulary(made_from(case.dataset))
    few = few_clusters(comparison.clusters, settings.split, settings.confidence, words)
    same = case.models[CANDIDATE].digest == case.models[comparison.reference].digest
    return {
        "kind": "benchmark",
        "digest": case.digest,
        "comparison_digest": case.comparison_digest,
        "metric_version": METRIC_VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "headline": headline(
            comparison,
            minimum_effect=rules.minimum_effect,
            confidence=settings.confidence,
            same_model=same,
            words=words,
            few=few,
            gates=gates,
            collapsed=collapse.collapsed,
        ),
        **asdict(comparison),
        "few_clusters": few,
        "gates": [asdict(outcome) for outcome in gates],
        "general_ability": asdict(ability) if ability else None,
        "collapse": asdict(collapse),
        "speed": {name: asdict(speed) for name, speed in speeds.items()},
        "evaluation_file": _evaluation_file(case, progress),
        "models": {name: {"version": model.version, "digest": model.digest} for name, model in case.models.items()},
        "provenance": dict(provenance),
        **_conditions(case),
        **_illustrations(case, comparison, judged),
    }


def _compared(task: RetrievalTask, judged: Mapping[str, ModelFigures], rules: Rules) -> Comparison:
    """All arms of a task, the models' and those that every task has."""
    lexical = bm25_figures(task)
    figures: dict[str, ArmFigures] = {
        RANDOM: random_figures(task, rules.settings.seed),
        BM25: lexical,
        **judged,
        FUSION: fusion_figures(task, lexical, judged[CANDIDATE]),
    }
    return compare_arms(
        figures, task.clusters, rules.settings, minimum_effect=rules.minimum_effect, margin=rules.margin
    )


def _evaluation_file(case: BenchmarkCase, progress: Progress) -> dict[str, Any] | None:
    """The arms on the queries of the evaluation file, and the candidate's differences there."""
    curated = case.curated
    if curated is None:
        return None
    progress("evaluation file", 0)
    judged = {name: model_figures(curated.task, model) for name, model in case.models.items()}
    found = asdict(_compared(curated.task, judged, case.rules))
    file = {"name": curated.file.name, "sha256": curated.file.sha256, "counts": dict(curated.counts)}
    return {**file, **{key: found[key] for key in ("n", "arms", "differences")}}


def _general_ability(case: BenchmarkCase, progress: Progress) -> GeneralAbility | None:
    settings = case.rules.settings
    if settings.general_ability == "off":
        return None
    progress("general ability", 0)
    resampling = Resampling(settings.resamples, settings.confidence, settings.seed)
    return general_ability(case.models, resampling, case.rules.margin)


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
        "frozen_prefix": case.models[CANDIDATE].frozen_prefix,
        "examples": asdict(examples),
    }

"""The prioritization experiment from a case to what its report says, as plain values that JSON holds as they are."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from domain_ft.amounts import counted
from domain_ft.errors import NothingToJudgeError
from domain_ft.evaluation.comparison import estimates
from domain_ft.evaluation.report.text import label, words
from domain_ft.evaluation.statistics import Resampling, estimate_mean
from domain_ft.prioritization.arms import Arms, validation_mean
from domain_ft.prioritization.case import PrioritizationCase, Split
from domain_ft.prioritization.choice import Choice, Standing, choose, standing
from domain_ft.prioritization.comparison import compare_orders
from domain_ft.prioritization.headline import QUESTION, Reading, first_failures, gains, losses, worst_verdict
from domain_ft.prioritization.judged_runs import JudgedRuns
from domain_ft.prioritization.order_metrics import confidence_curve, order_metrics
from domain_ft.prioritization.orders import (
    BASE_COSINE,
    BM25,
    CHEAPEST,
    FAILURE_RATE,
    HYBRID,
    HYBRID_BASE,
    HYBRID_TUNED,
    NEEDS_MODEL,
    ORACLE,
    ORDERS,
    RANDOM,
    RECENTLY_FAILED,
    TREES,
    TREES_BASE,
    TREES_TUNED,
    TUNED_COSINE,
)
from domain_ft.prioritization.settings import FAULTS_MEANING
from domain_ft.prioritization.timeline import BoolArray, FloatArray

COMPARED = (
    (HYBRID_TUNED, HYBRID_BASE),
    (HYBRID_TUNED, HYBRID),
    (HYBRID_TUNED, FAILURE_RATE),
    (HYBRID_TUNED, RECENTLY_FAILED),
    (HYBRID_TUNED, BM25),
    (HYBRID_TUNED, BASE_COSINE),
    (TUNED_COSINE, BASE_COSINE),
    (TUNED_COSINE, BM25),
    (TREES_TUNED, TREES),
    (TREES_TUNED, TREES_BASE),
    (TREES, HYBRID),
    (TREES, FAILURE_RATE),
    (TREES, RECENTLY_FAILED),
    (HYBRID, FAILURE_RATE),
    (HYBRID, RECENTLY_FAILED),
    (HYBRID, BM25),
)
"""Orders that are compared, the first with the second."""
USABLE = (FAILURE_RATE, RECENTLY_FAILED, BM25, HYBRID, TREES, TUNED_COSINE, HYBRID_TUNED, TREES_TUNED)
"""Orders that the daily ranking may use, the simpler ones first; the base is no one's choice beside the tuned model."""
RANKABLE = (CHEAPEST, *USABLE)
"""Orders that `rank` can be told to use: of each it is measured how much of the test time which confidence takes."""
_CURVE_POINTS = 41
PerBuild = Mapping[str, Mapping[str, FloatArray]]


@dataclass(frozen=True)
class Judged:
    """The arms on one part of the runs: per arm and metric a value per judged build (b)."""

    runs: JudgedRuns
    per_build: PerBuild


def require_judged(case: PrioritizationCase) -> None:
    """NothingToJudgeError, with the counts, where validation or test has no build on which orders can differ."""
    splits: tuple[Split, ...] = ("validation", "test")
    for split in splits:
        runs = case.judged(split)
        if not runs.judged.any():
            counts = ", ".join(f"{words(name)} {count}" for name, count in asdict(runs.left_out).items())
            raise NothingToJudgeError(
                f"no build of the {split} split has both a run that counts as a fault ({case.settings.faults}) and one "
                f"that does not ({counted(len(runs.builds), 'builds')}: {counts}); land more history, or set "
                "prioritization.faults"
            )


def judge_arms(case: PrioritizationCase, arms: Arms, faults: BoolArray | None = None) -> Judged:
    """Every arm on the test split's runs; the random arm is the mean over its orders."""
    runs, chosen = case.judged("test", faults), case.rows_of("test")
    mapping = case.settings.fault_mapping
    generator = np.random.default_rng(case.settings.seed)
    orders = [order_metrics(runs, generator.random(len(runs)), mapping) for _ in range(case.settings.random_orders)]
    at_random = {name: np.mean([order.values[name] for order in orders], axis=0) for name in orders[0].values}
    found = {
        # What is best depends on what counts as a fault here.
        name: order_metrics(runs, runs.best_score if name == ORACLE else score[chosen], mapping).values
        for name, score in arms.scores.items()
    }
    everyone = {RANDOM: at_random, **found}
    return Judged(runs, {name: everyone[name] for name in ORDERS if name in everyone})


def experiment_content(case: PrioritizationCase, arms: Arms, judged: Judged, minimum_effect: float) -> dict[str, Any]:
    """What was found, without what it was found with (digests, models, provenance); `judged`: see `judge_arms`."""
    settings = case.settings
    resampling = Resampling(settings.resamples, settings.confidence, settings.seed)
    clusters = case.clusters[judged.runs.builds]
    metrics = tuple(dict.fromkeys((settings.primary_metric, "apfd", "map", "first_failure_rank")))
    pairs = _compared(arms)
    differences = compare_orders(judged.per_build, pairs, metrics, clusters, resampling, minimum_effect)
    chosen = choose_order(case, arms, judged, minimum_effect)
    readings = {
        "failing": (case.failed, "failing runs"),
        "relevant": (case.relevant, f"runs that the change concerns ({case.relevance})"),
    }
    other = next(name for name in readings if name != settings.faults)
    slices = {name: _slice(case, arms, faults, resampling, minimum_effect) for name, faults in case.slices.items()}
    other_faults = {**_slice(case, arms, readings[other][0], resampling, minimum_effect), "meaning": readings[other][1]}
    rows = [row.as_json() for row in differences]
    first = slices["first_failures"]
    both = [
        Reading(readings[settings.faults][1], rows),
        Reading(readings[other][1], other_faults["differences"]),
    ]
    findings = [
        *([] if HYBRID_TUNED in arms.scores else ["No model was asked: there is none to judge."]),
        *(sentence for reading in both for sentence in gains(reading, settings.primary_metric)),
        *losses([*both, Reading("first failures", first["differences"])], settings.primary_metric),
        *first_failures(first, chosen.order),
        f"rank uses {chosen.order}: {chosen.why}.",
    ]
    durations = case.timeline.runs.duration
    return {
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": worst_verdict(both, settings.primary_metric),
        "verdict_of": f"the worst answer for {QUESTION}" if HYBRID_TUNED in arms.scores else "no model was asked",
        "headline": " ".join(findings),
        "findings": findings,
        "primary_metric": settings.primary_metric,
        "faults": {
            "name": settings.faults,
            "meaning": FAULTS_MEANING[settings.faults],
            "mapping": settings.fault_mapping,
        },
        "relevance": case.relevance,
        "builds": {
            "test": len(judged.runs.builds),
            "judged": int(judged.runs.judged.sum()),
            "clusters": len(np.unique(clusters[judged.runs.judged])),
            "left_out": asdict(judged.runs.left_out),
            "excluded": dict(case.excluded),
        },
        "known_durations": float((~np.isnan(durations)).mean()) if len(durations) else 0.0,
        "arms": _arms(judged, clusters, resampling),
        "slices": slices,
        "other_faults": other_faults,
        "differences": rows,
        "weights": {name: dict(weights) for name, weights in arms.weights.items()},
        "weights_tried": arms.tried,
        "choice": chosen.as_json(),
        "curve": _curves(case, arms, judged, resampling),
        "settings": settings.model_dump(mode="json"),
    }  # fmt: skip


def choose_order(case: PrioritizationCase, arms: Arms, judged: Judged, minimum_effect: float) -> Choice:
    """What `rank` shall use."""
    mean, validation = validation_mean(case), case.rows_of("validation")
    usable = [name for name in USABLE if name in arms.scores]
    means = {name: mean(arms.scores[name][validation]) for name in usable}
    metric = case.settings.primary_metric
    started = [case.timeline.start_of(build) for build in judged.runs.builds.tolist()]
    found: dict[str, Standing] = {
        name: standing(
            name,
            HYBRID,
            judged.per_build[name][metric] - judged.per_build[HYBRID][metric],
            started,
            case.settings.last_builds,
        )
        for name in usable
        if name in NEEDS_MODEL
    }
    return choose(means, label(metric), minimum_effect, NEEDS_MODEL, HYBRID, found)


def _arms(judged: Judged, clusters: Any, resampling: Resampling) -> dict[str, dict[str, Any]]:
    return {
        arm: {metric: asdict(estimate) for metric, estimate in estimates(values, clusters, resampling).items()}
        for arm, values in judged.per_build.items()
    }


def _slice(
    case: PrioritizationCase, arms: Arms, faults: BoolArray, resampling: Resampling, minimum_effect: float
) -> dict[str, Any]:
    """The arms where only some runs count as faults, with the differences of the pairs on the primary metric."""
    judged = judge_arms(case, arms, faults)
    shown = ("apfd", "map", "first_failure_rank")
    pairs, clusters = _compared(arms), case.clusters[judged.runs.builds]
    few = Judged(judged.runs, {a: {m: values[m] for m in shown} for a, values in judged.per_build.items()})
    return {
        "judged": int(judged.runs.judged.sum()),
        "faults": int(judged.runs.failed.sum()),
        "left_out": asdict(judged.runs.left_out),
        "arms": _arms(few, clusters, resampling),
        "differences": [
            row.as_json()
            for row in compare_orders(
                judged.per_build, pairs, (case.settings.primary_metric,), clusters, resampling, minimum_effect
            )
        ],
    }


def _compared(arms: Arms) -> list[tuple[str, str]]:
    return [pair for pair in COMPARED if pair[0] in arms.scores and pair[1] in arms.scores]


def _curves(case: PrioritizationCase, arms: Arms, judged: Judged, resampling: Resampling) -> dict[str, Any]:
    """Per order the share of builds whose first fault is found, by share of test time, with its interval."""
    rows = case.rows_of("test")
    scores = {RANDOM: np.zeros(len(judged.runs))}
    scores |= {name: arms.scores[name][rows] for name in RANKABLE if name in arms.scores}
    scores |= {ORACLE: judged.runs.best_score}
    clusters, found = case.clusters[judged.runs.builds], {}
    for name, score in scores.items():
        curve = confidence_curve(judged.runs, score, _CURVE_POINTS)
        means = [estimate_mean(curve.caught[:, point], clusters, resampling) for point in range(len(curve.share))]
        found[name] = [asdict(mean) if mean else None for mean in means]
    return {"share": np.linspace(0, 1, _CURVE_POINTS).round(6).tolist(), "caught": found}

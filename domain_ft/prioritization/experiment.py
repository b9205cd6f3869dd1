"""The prioritization experiment from a case to what its report says, as plain values that JSON holds as they are."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from domain_ft.errors import NothingToJudgeError
from domain_ft.evaluation.comparison import estimates
from domain_ft.evaluation.report.text import words
from domain_ft.evaluation.statistics import Resampling, estimate_mean
from domain_ft.prioritization.arms import Arms, validation_mean
from domain_ft.prioritization.case import PrioritizationCase, Split
from domain_ft.prioritization.choice import Choice, Standing, choose, standing
from domain_ft.prioritization.comparison import OrderDifference, compare_orders
from domain_ft.prioritization.judged_runs import JudgedRuns
from domain_ft.prioritization.order_metrics import confidence_curve, order_metrics
from domain_ft.prioritization.orders import (
    BASE_COSINE,
    BM25,
    FAILURE_RATE,
    HYBRID,
    HYBRID_BASE,
    HYBRID_TUNED,
    ORACLE,
    ORDERS,
    RANDOM,
    RECENTLY_FAILED,
    RECORDED,
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
    (HYBRID, FAILURE_RATE),
    (HYBRID, RECENTLY_FAILED),
    (HYBRID, BM25),
)
"""Orders that are compared, the first with the second."""
WITH_MODEL = frozenset({TUNED_COSINE, HYBRID_TUNED, TREES_TUNED})
"""Orders that need the tuned model."""
USABLE = (HYBRID, FAILURE_RATE, RECENTLY_FAILED, BM25, TUNED_COSINE, HYBRID_TUNED, TREES, TREES_TUNED)
"""Orders that the daily ranking may use, the simpler ones first; the base is no one's choice beside the tuned model."""
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
                f"that does not ({len(runs.builds)} builds: {counts}); land more history, or set prioritization.faults"
            )


def judge_arms(case: PrioritizationCase, arms: Arms, faults: BoolArray | None = None) -> Judged:
    """Every arm on the test split's runs; the random arm is the mean over its orders."""
    runs, chosen = case.judged("test", faults), case.rows_of("test")
    mapping = case.settings.fault_mapping
    generator = np.random.default_rng(case.settings.seed)
    orders = [order_metrics(runs, generator.random(len(runs)), mapping) for _ in range(case.settings.random_orders)]
    at_random = {name: np.mean([order.values[name] for order in orders], axis=0) for name in orders[0].values}
    found = {name: order_metrics(runs, score[chosen], mapping).values for name, score in arms.scores.items()}
    everyone = {RANDOM: at_random, **found}
    return Judged(runs, {name: everyone[name] for name in ORDERS if name in everyone})


def experiment_content(case: PrioritizationCase, arms: Arms, minimum_effect: float) -> dict[str, Any]:
    """What was found, without what it was found with (digests, models, provenance)."""
    settings = case.settings
    resampling = Resampling(settings.resamples, settings.confidence, settings.seed)
    judged = judge_arms(case, arms)
    clusters = case.clusters[judged.runs.builds]
    metrics = tuple(dict.fromkeys((settings.primary_metric, "apfd", "map", "first_failure_rank")))
    pairs = [pair for pair in COMPARED if pair[0] in arms.scores and pair[1] in arms.scores]
    differences = compare_orders(judged.per_build, pairs, metrics, clusters, resampling, minimum_effect)
    chosen = choose_order(case, arms, judged)
    other = case.failed if settings.faults == "relevant" else case.relevant
    return {
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "verdict": _verdict(differences, settings.primary_metric),
        "headline": _headline(differences, chosen, settings.primary_metric),
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
        "arms": _arms(judged, clusters, resampling),
        "slices": {
            name: _slice(case, arms, faults, resampling) for name, faults in case.slices.items()
        },
        "other_faults": _slice(case, arms, other, resampling),
        "differences": [row.as_json() for row in differences],
        "weights": {name: dict(weights) for name, weights in arms.weights.items()},
        "weights_tried": arms.tried,
        "choice": chosen.as_json(),
        "curve": _curves(case, arms, judged, chosen.order, resampling),
        "settings": settings.model_dump(mode="json"),
    }  # fmt: skip


def choose_order(case: PrioritizationCase, arms: Arms, judged: Judged) -> Choice:
    """What `rank` shall use."""
    mean, validation = validation_mean(case), case.rows_of("validation")
    usable = [name for name in USABLE if name in arms.scores]
    means = {name: mean(arms.scores[name][validation]) for name in usable}
    metric = case.settings.primary_metric
    started = [_moment(int(case.timeline.started[build])) for build in judged.runs.builds]
    found: dict[str, Standing] = {
        name: standing(
            name,
            HYBRID,
            judged.per_build[name][metric] - judged.per_build[HYBRID][metric],
            started,
            case.settings.last_builds,
        )
        for name in usable
        if name in WITH_MODEL
    }
    return choose(means, metric, WITH_MODEL, HYBRID, found)


def _moment(microseconds: int) -> str:
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="minutes")


def _arms(judged: Judged, clusters: Any, resampling: Resampling) -> dict[str, dict[str, Any]]:
    return {
        arm: {metric: asdict(estimate) for metric, estimate in estimates(values, clusters, resampling).items()}
        for arm, values in judged.per_build.items()
    }


def _slice(case: PrioritizationCase, arms: Arms, faults: BoolArray, resampling: Resampling) -> dict[str, Any]:
    """The arms where only some runs count as faults."""
    judged = judge_arms(case, arms, faults)
    shown = ("apfd", "map", "first_failure_rank")
    few = Judged(judged.runs, {a: {m: values[m] for m in shown} for a, values in judged.per_build.items()})
    return {
        "judged": int(judged.runs.judged.sum()),
        "faults": int(judged.runs.failed.sum()),
        "left_out": asdict(judged.runs.left_out),
        "arms": _arms(few, case.clusters[judged.runs.builds], resampling),
    }


def _curves(
    case: PrioritizationCase, arms: Arms, judged: Judged, chosen: str, resampling: Resampling
) -> dict[str, Any]:
    """Per order the share of builds whose first fault is found, by share of test time, with its interval."""
    shown = [
        name
        for name in dict.fromkeys((RECORDED, RECENTLY_FAILED, HYBRID, HYBRID_TUNED, chosen, ORACLE))
        if name in arms.scores
    ]
    rows = case.rows_of("test")
    scores = {RANDOM: np.zeros(len(judged.runs)), **{name: arms.scores[name][rows] for name in shown}}
    clusters, found = case.clusters[judged.runs.builds], {}
    for name, score in scores.items():
        curve = confidence_curve(judged.runs, score, _CURVE_POINTS)
        means = [estimate_mean(curve.caught[:, point], clusters, resampling) for point in range(len(curve.share))]
        found[name] = [asdict(mean) if mean else None for mean in means]
    return {"share": np.linspace(0, 1, _CURVE_POINTS).round(6).tolist(), "caught": found}


def _verdict(differences: list[OrderDifference], metric: str) -> str:
    """That of the hybrid with the tuned model's embeddings against the one with the base's."""
    pair = (HYBRID_TUNED, HYBRID_BASE, metric)
    return next((d.verdict for d in differences if (d.order, d.reference, d.metric) == pair), "INCONCLUSIVE")


def _headline(differences: list[OrderDifference], choice: Choice, metric: str) -> str:
    told = []
    for reference, called in ((HYBRID_BASE, "with the base's"), (HYBRID, "without a model")):
        row = next(
            (d for d in differences if (d.order, d.reference, d.metric) == (HYBRID_TUNED, reference, metric)), None
        )
        if row is not None:
            bounds = "" if row.low is None or row.high is None else f" [{row.low:+.3f}, {row.high:+.3f}]"
            told.append(f"{row.verdict} against the hybrid {called} ({row.mean:+.3f}{bounds})")
    uses = f"rank uses {choice.order}: {choice.why}."
    if not told:
        return f"No model was asked. {uses[0].upper()}{uses[1:]}"
    verdicts = "; ".join(told)
    return f"The hybrid with the tuned model's embeddings: {verdicts}. {uses}"

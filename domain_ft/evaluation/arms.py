"""The arms of a benchmark: what each is, and its figures per query on one and the same task."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.bm25 import bm25_scores
from domain_ft.evaluation.fusion import fused_scores
from domain_ft.evaluation.held_out import placed_units
from domain_ft.evaluation.metrics import PerQuery, rank_metrics
from domain_ft.evaluation.ranking import Ranking, Scores, rank_at_random, rank_by_scores
from domain_ft.evaluation.similarity import (
    PairSimilarities,
    TaskVectors,
    encode_task,
    pair_similarities,
    similarity_metrics,
)
from domain_ft.evaluation.speed import OpenUncached, Speed, measure_speed
from domain_ft.evaluation.task import RetrievalTask
from domain_ft.progress import Progress, silent
from domain_ft.store.vectors import NO_PREFIXES, Encode, Prefixes

RANDOM, BM25, BASE, CHAMPION, CANDIDATE, FUSION = ARMS = (
    "random", "bm25", "base", "champion", "candidate", "fusion",
)  # fmt: skip
"""In the order of every table; `fusion` is BM25 and the candidate together."""
RANDOM_DRAWS = 20


@dataclass(frozen=True)
class ModelArm:
    """A model to be judged. `trained_on`: the units it has learned from, or the dataset folder that names them."""

    name: Literal["base", "champion", "candidate"]
    encode: Encode
    version: str
    digest: str
    trained_on: frozenset[str] | Path = frozenset()
    training_log: Path | None = None
    frozen_prefix: str | None = None
    """Where layers were frozen: whether their output was computed once or in every step, and why, as a sentence."""
    prefixes: Prefixes = NO_PREFIXES
    uncached: OpenUncached | None = None
    """How to have the model compute without its cache, to be timed; None: it is not timed."""


@dataclass(frozen=True)
class ArmFigures:
    """Per query each metric, overall and in each slice; NaN where a metric is not defined there."""

    overall: Mapping[str, PerQuery]
    slices: Mapping[str, Mapping[str, PerQuery]]


@dataclass(frozen=True)
class RankedFigures(ArmFigures):
    """The figures of an arm that has one ranking (the random arm has many)."""

    ranking: Ranking
    scores: Scores


@dataclass(frozen=True)
class ModelFigures(RankedFigures):
    """The figures of an arm that has embeddings, too."""

    similarities: PairSimilarities
    vectors: TaskVectors


def units_trained_on(arm: ModelArm, judged_split: str) -> frozenset[str]:
    """The units (builds, pairs) that a model was fitted to or chosen on: of its training and its validation split.

    Who judges on the validation split, to choose settings, means to see the units that checkpoints were chosen on.
    """
    if not isinstance(arm.trained_on, Path):
        return arm.trained_on
    try:
        placed = placed_units(arm.trained_on)
    except DomainFtError as error:
        raise DomainFtError(
            f"{arm.trained_on}: what {arm.name} {arm.version} was trained on cannot be read ({error}), so it cannot be "
            "judged fairly; restore the dataset or train the model again"
        ) from None
    splits = ["train"] if judged_split == "validation" else ["train", "validation"]
    return frozenset(placed.filter(pl.col("split").is_in(splits))["unit_id"])


def model_figures(task: RetrievalTask, arm: ModelArm, progress: Progress = silent) -> ModelFigures:
    """Encode the task's texts with a model and rank by cosine."""
    vectors = encode_task(task, arm.encode, progress, f"encode {arm.name}", arm.prefixes)
    similarities = pair_similarities(task, vectors)
    scores = vectors.scores(task)
    ranking = rank_by_scores(task, scores)
    overall = {**rank_metrics(ranking, task.metrics), **similarity_metrics(task, similarities)}
    return ModelFigures(overall, _in_slices(task, ranking), ranking, scores, similarities, vectors)


def time_models(
    task: RetrievalTask,
    models: Mapping[str, ModelArm],
    figures: Mapping[str, ModelFigures],
    runs: int,
    progress: Progress = silent,
) -> dict[str, Speed]:
    """The speed of each model that can be timed, one after the other, on the task's queries and passages; with no runs
    of none."""
    found = {}
    for name, model in models.items():
        if model.uncached is None or runs == 0:
            continue
        progress(f"time {name}", 0)
        with model.uncached() as uncached:
            items = figures[name].vectors.items
            found[name] = measure_speed(uncached, task.query_texts, task.item_texts, items, runs, model.prefixes)
    return found


def bm25_figures(task: RetrievalTask) -> RankedFigures:
    """Rank by BM25 of the change text over the tests' texts."""
    return _ranked_figures(task, bm25_scores(task))


def fusion_figures(task: RetrievalTask, lexical: RankedFigures, dense: RankedFigures) -> RankedFigures:
    """Rank by the reciprocal ranks that BM25 and a model give."""
    return _ranked_figures(task, fused_scores(task, lexical.scores, dense.scores))


def random_figures(task: RetrievalTask, seed: int) -> ArmFigures:
    """The mean per query over `RANDOM_DRAWS` shuffles of its corpus: the floor, with little noise of its own."""
    generator = np.random.default_rng(seed)
    overall: dict[str, PerQuery] = {}
    slices: dict[str, dict[str, PerQuery]] = {name: {} for name in task.slices}
    for _ in range(RANDOM_DRAWS):
        ranking = rank_at_random(task, generator)
        _add(overall, rank_metrics(ranking, task.metrics))
        for name, figures in _in_slices(task, ranking).items():
            _add(slices[name], figures)
    return ArmFigures(overall, slices)


def _ranked_figures(task: RetrievalTask, scores: Scores) -> RankedFigures:
    ranking = rank_by_scores(task, scores)
    return RankedFigures(rank_metrics(ranking, task.metrics), _in_slices(task, ranking), ranking, scores)


def _add(totals: dict[str, PerQuery], figures: Mapping[str, PerQuery]) -> None:
    for name, values in figures.items():
        totals[name] = totals.get(name, np.zeros_like(values)) + values / RANDOM_DRAWS


def _in_slices(task: RetrievalTask, ranking: Ranking) -> dict[str, dict[str, PerQuery]]:
    return {name: rank_metrics(ranking.restricted(mask), task.metrics) for name, mask in task.slices.items()}

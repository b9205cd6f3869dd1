"""A model's figures on a task as plain means: what a training asks for while it runs."""

import numpy as np

from domain_ft.evaluation.metrics import PerQuery, rank_metrics
from domain_ft.evaluation.ranking import rank_by_scores
from domain_ft.evaluation.similarity import encode_task, pair_similarities, similarity_metrics
from domain_ft.evaluation.statistics import Estimate, Resampling, estimate_mean
from domain_ft.evaluation.task import RetrievalTask
from domain_ft.store.vectors import NO_PREFIXES, Encode, Prefixes


def validation_metrics(task: RetrievalTask, encode: Encode, prefixes: Prefixes = NO_PREFIXES) -> dict[str, float]:
    """The mean over queries of each rank metric and similarity figure, under the benchmark's names.

    A figure that no query of the task defines (without unaffected tests there is no gap) is left out.
    """
    values = _per_query(task, encode, prefixes)
    return {name: mean for name, mean in ((name, _mean(value)) for name, value in values.items()) if mean is not None}


def validation_estimates(
    task: RetrievalTask, encode: Encode, resampling: Resampling, prefixes: Prefixes = NO_PREFIXES
) -> dict[str, Estimate]:
    """The same with confidence intervals, by a bootstrap over builds."""
    estimates = {
        name: estimate_mean(values, task.clusters, resampling)
        for name, values in _per_query(task, encode, prefixes).items()
    }
    return {name: estimate for name, estimate in estimates.items() if estimate is not None and estimate.n}


def _per_query(task: RetrievalTask, encode: Encode, prefixes: Prefixes) -> dict[str, PerQuery]:
    """The task's metrics, and MAP of whatever task: a training may choose its checkpoints by it."""
    vectors = encode_task(task, encode, prefixes=prefixes)
    values = rank_metrics(rank_by_scores(task, vectors.scores(task)), dict.fromkeys((*task.metrics, "map")))
    return {**values, **similarity_metrics(task, pair_similarities(task, vectors))}


def _mean(values: PerQuery) -> float | None:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else None

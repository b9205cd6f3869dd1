"""A model's figures on a task as plain means: what a training asks for while it runs."""

import numpy as np

from domain_ft.evaluation.metrics import PerQuery, rank_metrics
from domain_ft.evaluation.ranking import rank_by_scores
from domain_ft.evaluation.similarity import encode_task, pair_similarities, similarity_metrics
from domain_ft.evaluation.task import RetrievalTask
from domain_ft.store.vectors import Encode


def validation_metrics(task: RetrievalTask, encode: Encode) -> dict[str, float]:
    """The mean over queries of each rank metric and similarity figure, under the benchmark's names.

    A figure that no query of the task defines (without unaffected tests there is no gap) is left out.
    """
    vectors = encode_task(task, encode)
    values = rank_metrics(rank_by_scores(task, vectors.scores(task)))
    values |= similarity_metrics(task, pair_similarities(task, vectors))
    return {name: mean for name, mean in ((name, _mean(value)) for name, value in values.items()) if mean is not None}


def _mean(values: PerQuery) -> float | None:
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else None

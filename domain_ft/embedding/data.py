"""The training rows of a dataset, and the part of its history that a training is validated on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from domain_ft.errors import InputError
from domain_ft.evaluation.limit import limit_task
from domain_ft.evaluation.task import Pairs, RetrievalTask, history_task
from domain_ft.history.settings import Relevance
from domain_ft.history.tables import read_history
from domain_ft.store.tables import read_table

COLUMNS = ("anchor", "positive", "negative")


def read_training_rows(dataset: Path) -> dict[str, list[str]]:
    """The triplets of the train split as columns of texts; InputError where there are none."""
    triplets = read_table(dataset / "triplets.parquet", [*COLUMNS, "split"])
    train = triplets.filter(pl.col("split") == "train")
    if train.is_empty():
        raise InputError(f"{dataset}: holds no training triplets; see the dataset's funnel for what was left out")
    return {column: train[column].to_list() for column in COLUMNS}


def read_validation_task(
    dataset: Path, raw: Path, relevance: Relevance, *, queries: int, tests: int, seed: int
) -> RetrievalTask | None:
    """A task of the validation split, small enough to be evaluated again and again; None where nothing is ranked."""
    splits = read_table(dataset / "builds.parquet", ["build_id", "split"])
    task = limit_task(history_task(read_history(raw), splits, "validation", relevance), queries, seed=seed)
    if len(task.ranked) == 0:
        return None
    return limit_task(_with_fewer_unaffected(task, tests // 2, seed), queries, items=tests, seed=seed)


def _with_fewer_unaffected(task: RetrievalTask, most: int, seed: int) -> RetrievalTask:
    """Keep `most` of the unaffected pairs: each may name one more test to encode."""
    if len(task.unaffected) <= most:
        return task
    chosen = np.sort(np.random.default_rng(seed).permutation(len(task.unaffected))[:most])
    return replace(task, unaffected=Pairs(task.unaffected.query[chosen], task.unaffected.item[chosen]))

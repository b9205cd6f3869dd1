"""The training rows of a dataset, and the part of its data that a training is validated on."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

import numpy as np
import polars as pl

from domain_ft.embedding.examples import Rows
from domain_ft.embedding.negative_pool import NegativePool
from domain_ft.errors import InputError
from domain_ft.evaluation.held_out import open_dataset
from domain_ft.evaluation.limit import limit_task
from domain_ft.evaluation.task import Pairs, RetrievalTask
from domain_ft.store.tables import read_table

COLUMNS = ("anchor", "positive", "negative")


def read_training_rows(dataset: Path) -> dict[str, list[str | None]]:
    """The triplets of the train split as columns of texts (a negative may be None); InputError where there are none."""
    triplets = read_table(dataset / "triplets.parquet", [*COLUMNS, "split"])
    train = triplets.filter(pl.col("split") == "train")
    if train.is_empty():
        raise InputError(f"{dataset}: holds no training triplets; see the dataset's funnel for what was left out")
    return {column: train[column].to_list() for column in COLUMNS}


def read_related_pairs(dataset: Path, raw: Path) -> Iterator[tuple[str, str]]:
    """Every pair (anchor, partner) that the train split's data knows to belong together, in a triplet or not."""
    return open_dataset(raw, dataset).related("train").select("anchor", "positive").iter_rows()


def read_negative_pool(dataset: Path, raw: Path, rows: Rows, asks: Literal["anchor", "positive"]) -> NegativePool:
    """The texts of the training rows that one side may find, and what the train split's data knows of the pairs."""
    held_out, finds = open_dataset(raw, dataset), "positive" if asks == "anchor" else "anchor"
    unaffected = held_out.unaffected("train")
    return NegativePool(
        cast("list[str]", rows[asks]),
        cast("list[str]", rows[finds]),
        rows["negative"] if asks == "anchor" else (),
        related=held_out.related("train").select(asks, finds).iter_rows(),
        unaffected=None if unaffected is None else unaffected.select(asks, finds).iter_rows(),
    )


def read_validation_task(dataset: Path, raw: Path, *, queries: int, tests: int, seed: int) -> RetrievalTask | None:
    """A task of the validation split, small enough to be evaluated again and again; None where nothing is ranked."""
    task = limit_task(open_dataset(raw, dataset).task("validation"), queries, seed=seed)
    if len(task.ranked) == 0:
        return None
    return limit_task(_with_fewer_unaffected(task, tests // 2, seed), queries, items=tests, seed=seed)


def _with_fewer_unaffected(task: RetrievalTask, most: int, seed: int) -> RetrievalTask:
    """Keep `most` of the unaffected pairs: each may name one more test to encode."""
    if len(task.unaffected) <= most:
        return task
    chosen = np.sort(np.random.default_rng(seed).permutation(len(task.unaffected))[:most])
    return replace(task, unaffected=Pairs(task.unaffected.query[chosen], task.unaffected.item[chosen]))

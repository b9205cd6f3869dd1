"""The arms' figures on a task, and what a model was trained on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.arms import (
    ModelArm,
    bm25_figures,
    fusion_figures,
    model_figures,
    random_figures,
    units_trained_on,
)
from domain_ft.evaluation.metric_names import HISTORY_METRICS, PAIR_METRICS
from domain_ft.store.vectors import Encode
from domain_ft_tests.evaluation.conftest import TaskOf


def test_chance_is_half_of_apfd_and_the_same_for_one_seed(task_of: TaskOf) -> None:
    task = task_of([[query % 50] for query in range(200)], items=50)

    found = random_figures(task, seed=1)

    assert np.nanmean(found.overall["apfd"]) == pytest.approx(0.5, abs=0.02)
    assert found.overall["map"].tolist() == random_figures(task, seed=1).overall["map"].tolist()
    assert found.overall["map"].tolist() != random_figures(task, seed=2).overall["map"].tolist()


@pytest.mark.parametrize("metrics", [HISTORY_METRICS, PAIR_METRICS])
def test_every_arm_has_every_rank_metric_of_its_task_overall_and_in_slices(
    task_of: TaskOf, bag_of_words: Encode, metrics: tuple[str, ...]
) -> None:
    task = replace(task_of([[0], [1]], unaffected=[[2], [3]]), metrics=metrics)
    model, lexical = model_figures(task, ModelArm("base", bag_of_words, "v", "d")), bm25_figures(task)

    for arm in (random_figures(task, 0), lexical, fusion_figures(task, lexical, model)):
        assert set(arm.overall) == set(metrics)
        assert set(arm.slices["fixes"]) == set(metrics)
    assert set(metrics) <= set(model.overall)
    assert {"similarity_gap", "triplet_accuracy"} <= set(model.overall)


def test_in_a_slice_the_other_relevant_tests_are_out_of_the_way(task_of: TaskOf, bag_of_words: Encode) -> None:
    task = task_of([[0, 1]], texts=(["cart total"], ["cart total sum", "cart", "mail", "login"]))
    task = replace(task, slices={"one": np.array([True, False]), "other": np.array([False, True])})

    found = bm25_figures(task)

    assert found.overall["map"][0] == 1
    assert found.slices["one"]["map"][0] == found.slices["other"]["map"][0] == 1


def test_a_model_knows_the_builds_it_was_trained_and_chosen_on(tmp_path: Path, bag_of_words: Encode) -> None:
    splits = {"build_id": ["a", "b", "c", "d"], "split": ["train", "validation", "test", None]}
    pl.DataFrame(splits).write_parquet(tmp_path / "builds.parquet")
    arm = ModelArm("candidate", bag_of_words, "v", "d", trained_on=tmp_path)

    assert units_trained_on(arm, "test") == {"a", "b"}
    assert units_trained_on(arm, "validation") == {"a"}


def test_a_model_whose_dataset_is_gone_cannot_be_judged(tmp_path: Path, bag_of_words: Encode) -> None:
    arm = ModelArm("champion", bag_of_words, "old", "d", trained_on=tmp_path / "gone")

    with pytest.raises(DomainFtError, match=r"what champion old was trained on cannot be read .*gone/builds.parquet"):
        units_trained_on(arm, "test")

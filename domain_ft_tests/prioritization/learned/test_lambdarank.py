"""Ranking trees: they learn, they repeat, they keep to what LightGBM takes."""

from dataclasses import replace

import numpy as np
import pytest

from domain_ft.errors import DomainFtError
from domain_ft.prioritization.judged_runs import JudgedRuns
from domain_ft.prioritization.learned.lambdarank import MOST_ROWS_PER_BUILD, Lambdarank, fit_lambdarank
from domain_ft.prioritization.learned.rows import LearningRows
from domain_ft.prioritization.learned.settings import LambdarankSettings
from domain_ft.prioritization.order_metrics import order_metrics
from domain_ft_tests.prioritization.learned.made_rows import NAMES, made_rows

TRAIN, _ = made_rows(60, seed=1)
VALIDATION, _ = made_rows(20, seed=2)
TEST, _ = made_rows(20, seed=3)
SMALL = {"trees": 40, "leaves": 7, "min_rows_per_leaf": 10, "learning_rate": 0.1}


def fitted(
    train: LearningRows = TRAIN, validation: LearningRows = VALIDATION, threads: int = 1, **settings
) -> Lambdarank:
    return fit_lambdarank(train, validation, NAMES, LambdarankSettings(**{**SMALL, **settings}), 1, threads)


def all_passed(rows: LearningRows) -> LearningRows:
    return replace(rows, failed=np.zeros(len(rows), bool))


def apfd(rows: LearningRows, scores: np.ndarray) -> float:
    runs = JudgedRuns(rows.build, rows.failed, np.ones(len(rows)))
    return float(np.nanmean(order_metrics(runs, scores).values["normalized_apfd"]))


def test_the_trees_find_the_feature_that_tests_fail_by():
    trees = fitted()
    assert apfd(TEST, trees.scores(TEST.structural)) > 0.9
    assert next(iter(trees.importance())) == "failure_rate"
    assert sum(trees.importance().values()) == pytest.approx(1)


def test_the_same_rows_give_the_same_trees_on_any_number_of_threads():
    alone, two = (fitted(trees=3, threads=threads).booster.dump_model() for threads in (1, 2))
    assert alone == two


def test_trees_score_alike_once_saved_and_loaded(tmp_path):
    trees = fitted()
    trees.save(tmp_path / "trees.txt")
    loaded = Lambdarank.load(tmp_path / "trees.txt")
    assert loaded.names == NAMES
    np.testing.assert_array_equal(loaded.scores(TEST.structural), trees.scores(TEST.structural))
    assert loaded.importance() == trees.importance()


def test_a_file_that_holds_no_trees_is_named(tmp_path, capfd):
    (tmp_path / "trees.txt").write_text("no tree at all")
    with pytest.raises(DomainFtError, match=r"trees\.txt: not a model of LightGBM"):
        Lambdarank.load(tmp_path / "trees.txt")
    assert capfd.readouterr().out == ""


def test_builds_without_both_outcomes_teach_nothing_and_are_counted():
    silent = replace(all_passed(TRAIN), build=TRAIN.build + 60)
    both = LearningRows(*(np.concatenate([getattr(TRAIN, name), getattr(silent, name)])
                  for name in ("build", "failed", "structural", "change", "test")))  # fmt: skip
    with_them, without = fitted(both), fitted()
    assert with_them.taught.left_out_builds == without.taught.left_out_builds + 60
    assert with_them.booster.dump_model() == without.booster.dump_model()


def test_trees_grow_no_further_than_validation_gains():
    stopped = fitted(trees=400, early_stopping_rounds=5)
    assert stopped.taught.trees < 400
    assert stopped.taught.validation_builds > 0


def test_without_a_validation_build_that_teaches_all_trees_are_grown():
    trees = fitted(validation=all_passed(VALIDATION), trees=12)
    assert (trees.taught.trees, trees.taught.validation_builds) == (12, 0)


def test_a_single_build_that_fails_is_enough_to_learn_from():
    one = TRAIN.take(TRAIN.build == int(TRAIN.build[TRAIN.failed][0]))
    assert np.isfinite(fitted(one).scores(TEST.structural)).all()


def test_rows_that_teach_no_order_are_refused():
    with pytest.raises(DomainFtError, match="no build to learn an order from has both"):
        fitted(all_passed(TRAIN))


def test_a_build_of_more_rows_than_lightgbm_takes_is_cut_to_its_limit_with_its_failures_kept():
    rows = MOST_ROWS_PER_BUILD + 2_000
    generator = np.random.default_rng(5)
    rate = generator.random(rows)
    failed = rate > 0.995
    features = np.column_stack([rate, rate * 0, rate * 0]).astype(np.float32)
    large = LearningRows(np.zeros(rows, np.int64), failed, features, np.zeros(rows, np.int64), np.arange(rows))
    trees = fitted(large, large, trees=5)
    assert (trees.taught.rows, trees.taught.left_out_rows) == (MOST_ROWS_PER_BUILD, 2_000)
    assert apfd(large, trees.scores(features)) > 0.95


def test_what_listens_hears_of_each_tree_and_can_end_the_work():
    heard: list[int] = []

    def listen(step: str, done: int, total: int | None = None) -> None:
        heard.append(done)
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_lambdarank(TRAIN, VALIDATION, NAMES, LambdarankSettings(), 1, 1, listen)
    assert heard == [1, 2, 3]


def test_features_of_another_number_are_refused():
    with pytest.raises(ValueError, match="2 features, but the trees know 3"):
        fitted().scores(TEST.structural[:, :2])


@pytest.mark.parametrize(
    "changed",
    [
        {"trees": 1}, {"leaves": 2}, {"learning_rate": 0.01}, {"min_rows_per_leaf": 400}, {"l2": 100.0},
        {"truncation_level": 1}, {"early_stopping_rounds": 1},
    ],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_each_setting_changes_the_trees(changed):
    assert fitted(**changed).booster.dump_model() != fitted().booster.dump_model()


def test_every_setting_is_among_those_shown_to_change_the_trees():
    shown = test_each_setting_changes_the_trees.pytestmark[0].args[1]
    assert {name for changed in shown for name in changed} == set(LambdarankSettings.model_fields)

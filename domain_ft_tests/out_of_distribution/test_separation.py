"""AUC, its interval, the threshold and its promise."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from domain_ft.evaluation.statistics import Resampling
from domain_ft.out_of_distribution.detector import p_values
from domain_ft.out_of_distribution.separation import Scored, area, fewest_queries, separation, threshold_at

SCORES = st.lists(st.integers(0, 9).map(float), min_size=1, max_size=30)


def scored(values: object, clusters: object = None) -> Scored:
    scores = np.asarray(values, dtype=np.float64)
    return Scored(scores, np.arange(len(scores)) if clusters is None else np.asarray(clusters))


@given(SCORES, SCORES)
def test_the_area_is_that_of_scikit_learn_ties_and_all(own: list[float], strangers: list[float]) -> None:
    truth = [0] * len(own) + [1] * len(strangers)
    assert abs(area(np.array(own), np.array(strangers)) - roc_auc_score(truth, own + strangers)) < 1e-9


def test_the_interval_covers_the_true_area_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    true, covered = 0.7602, 0  # P(stranger > own) for normals one standard deviation apart
    for seed in range(120):
        found = separation(
            scored(generator.normal(size=60)), scored(generator.normal(size=60) + 1), 0.0, Resampling(300, 0.95, seed)
        )
        low, high = found.auc.low, found.auc.high
        assert low is not None
        assert high is not None
        covered += low <= true <= high
    assert covered >= 108


def test_copies_within_clusters_make_nothing_surer() -> None:
    generator = np.random.default_rng(1)
    own, strange = generator.normal(size=20), generator.normal(size=20) + 1
    alone = separation(scored(own), scored(strange), 0.0, Resampling()).auc
    copied = separation(scored(np.repeat(own, 9), np.repeat(np.arange(20), 9)), scored(strange), 0.0, Resampling()).auc
    assert copied.low is not None
    assert copied.high is not None
    assert alone.low is not None
    assert alone.high is not None
    assert abs((copied.high - copied.low) - (alone.high - alone.low)) < 0.03


def test_one_cluster_has_no_interval() -> None:
    found = separation(scored([1, 2, 3], [0, 0, 0]), scored([4, 5]), 0.0, Resampling())
    assert (found.auc.mean, found.auc.low, found.auc.high) == (1.0, None, None)


def test_what_passes_and_what_is_caught_are_counted_at_their_thresholds() -> None:
    found = separation(scored(range(100)), scored([50, 94, 95, 200]), 99.0, Resampling(100))
    assert found.fpr_at_95_tpr == 0.75  # 95 % of the own lie at or below 95
    assert found.caught == 0.25


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.sampled_from([0.05, 0.1, 0.3]))
def test_the_threshold_leaves_no_more_above_it_than_was_promised(seed: int, n: int, rate: float) -> None:
    scores = np.random.default_rng(seed).normal(size=n)
    threshold = threshold_at(scores, rate)
    assert (scores > threshold).mean() <= rate
    assert threshold in scores


def test_over_many_draws_a_new_own_query_is_above_the_threshold_as_rarely_as_promised() -> None:
    generator = np.random.default_rng(0)
    above = [generator.normal() > threshold_at(generator.normal(size=30), 0.1) for _ in range(4000)]
    assert 0.08 < np.mean(above) <= 0.112


def test_nineteen_queries_are_the_fewest_that_can_promise_one_in_twenty() -> None:
    assert fewest_queries(0.05) == 19
    scores = np.arange(19.0)
    assert threshold_at(scores, 0.05) == 18
    assert threshold_at(np.arange(20.0), 0.05) == 19


def test_a_p_value_counts_the_own_queries_at_least_as_strange() -> None:
    validation = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(p_values(np.array([0.5, 3.0, 9.0]), validation), [1.0, 0.6, 0.2])

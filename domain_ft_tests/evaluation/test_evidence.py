"""With too few clusters nothing can win, and that is said with what to do."""

import numpy as np
import pytest

from domain_ft.evaluation.evidence import few_clusters, fewest_clusters
from domain_ft.evaluation.statistics import Resampling, compare
from domain_ft.evaluation.verdict import Judgement, judge
from domain_ft.evaluation.vocabulary import HISTORY, PAIRS, sample_size


def judged(clusters: int, confidence: float) -> Judgement:
    """The verdict where ten queries of each cluster all gain about a tenth."""
    gains = np.linspace(0.09, 0.11, clusters * 10)
    found = compare(gains, np.zeros(len(gains)), np.arange(clusters).repeat(10), Resampling(confidence=confidence))
    return judge(found, minimum_effect=0.01, confidence=confidence)


@pytest.mark.parametrize("confidence", [0.8, 0.9, 0.9375, 0.95, 0.99])
def test_one_cluster_less_than_the_fewest_cannot_win_and_the_fewest_can(confidence: float) -> None:
    fewest = fewest_clusters(confidence)
    assert judged(fewest, confidence).verdict == "WIN"
    assert judged(fewest - 1, confidence).verdict == "INCONCLUSIVE"


def test_the_n_that_would_decide_is_one_that_can() -> None:
    assert judged(4, 0.95).n_needed == fewest_clusters(0.95) == 6


def test_too_few_groups_are_named_with_what_to_do() -> None:
    assert few_clusters(4, "test", 0.95, PAIRS) == (
        "4 groups in the test split; at least 6 are needed for a verdict: land data of more groups, or raise "
        "triplets.split.test"
    )


def test_of_one_cluster_there_is_no_interval() -> None:
    found = few_clusters(1, "validation", 0.95, PAIRS)
    assert found is not None
    assert found.startswith("1 group in the validation split and no interval can be drawn; at least 6 are needed")


def test_enough_clusters_are_no_matter() -> None:
    assert few_clusters(6, "test", 0.95, HISTORY) is None


def test_the_size_of_a_sample_names_its_clusters_where_they_are_fewer() -> None:
    assert sample_size(1200, 45, "queries", "groups") == "1,200 queries (45 groups)"
    assert sample_size(45, 45, "queries", "groups") == "45 queries"

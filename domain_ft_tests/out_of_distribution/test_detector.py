"""A detector: what each split is used for, and what is said where there is too little."""

import numpy as np
import pytest

from domain_ft.errors import NothingToJudgeError
from domain_ft.evaluation.statistics import Resampling
from domain_ft.out_of_distribution.detector import Embedded, OwnQueries, Strangers, fit_detector
from domain_ft.out_of_distribution.settings import OutOfDistributionSettings
from domain_ft.store.vectors import FloatArray

FAST = Resampling(resamples=100)


def around(axis: int, n: int, seed: int, spread: float = 0.3) -> FloatArray:
    rows = np.random.default_rng(seed).normal(size=(n, 8)) * spread
    rows[:, axis] += 1
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def embedded(vectors: FloatArray) -> Embedded:
    return Embedded(vectors, np.arange(len(vectors)))


def own(train: int = 200, validation: int = 100, test: int = 100) -> OwnQueries:
    return OwnQueries(around(0, train, 1), embedded(around(0, validation, 2)), embedded(around(0, test, 3)))


ELSEWHERE = Strangers(embedded(around(3, 60, 4)), embedded(around(3, 60, 5)))


def test_strangers_are_caught_and_own_queries_are_not() -> None:
    found = fit_detector(own(), {"elsewhere": ELSEWHERE}, OutOfDistributionSettings(), FAST)
    assert found.separations["elsewhere"].auc.mean > 0.99
    assert found.separations["elsewhere"].caught > 0.95
    assert found.false_positive_rate is not None
    assert found.false_positive_rate.mean <= 0.12


def test_the_choice_of_a_distance_does_not_look_at_test() -> None:
    """Test strangers that would turn the choice around leave it as it is."""
    honest = fit_detector(own(), {"elsewhere": ELSEWHERE}, OutOfDistributionSettings(), FAST)
    turned = Strangers(ELSEWHERE.validation, embedded(around(0, 60, 6)))
    again = fit_detector(own(), {"elsewhere": turned}, OutOfDistributionSettings(), FAST)
    assert again.tried == honest.tried
    assert again.distance.name == honest.distance.name
    assert again.threshold == honest.threshold
    assert again.separations["elsewhere"].auc.mean < 0.7


def test_the_distance_that_is_better_on_validation_is_taken() -> None:
    found = fit_detector(own(), {"elsewhere": ELSEWHERE}, OutOfDistributionSettings(), FAST)
    best = max(found.tried, key=lambda name: found.tried[name]["elsewhere"])
    assert found.tried[found.distance.name] == found.tried[best]


def test_a_distance_that_is_named_is_the_only_one_tried() -> None:
    settings = OutOfDistributionSettings(method="mahalanobis")
    assert set(fit_detector(own(), {}, settings, FAST).tried) == {"mahalanobis"}


def test_without_strangers_there_is_a_threshold_and_no_figure_is_filled_in() -> None:
    found = fit_detector(own(), {}, OutOfDistributionSettings(), FAST)
    assert found.separations == {}
    assert found.threshold > 0


@pytest.mark.parametrize(
    ("sizes", "split"), [((9, 50, 50), "train"), ((50, 3, 50), "validation"), ((50, 50, 0), "test")]
)
def test_too_few_queries_of_a_split_end_in_one_sentence(sizes: tuple[int, int, int], split: str) -> None:
    with pytest.raises(NothingToJudgeError, match=f"the {split} split has"):
        fit_detector(own(*sizes), {}, OutOfDistributionSettings(), FAST)


def test_a_promise_that_validation_cannot_show_is_said() -> None:
    found = fit_detector(own(validation=12), {}, OutOfDistributionSettings(), FAST)
    assert "12 validation queries cannot show a false-positive rate of 0.05 (19 can)" in found.notes[0]
    assert found.threshold == found.validation_scores[-1]


def test_own_test_queries_that_come_from_elsewhere_are_said() -> None:
    moved = own()
    drifted = OwnQueries(moved.train, moved.validation, embedded(around(1, 100, 9)))
    (note,) = fit_detector(drifted, {}, OutOfDistributionSettings(), FAST).notes
    assert note.startswith("more of the own test queries are above the threshold than were promised")

"""The verdict, the guards, and that chance alone seldom wins."""

import numpy as np
import pytest

from domain_ft.evaluation.statistics import Estimate, PairedDifference, Resampling, compare
from domain_ft.evaluation.verdict import Judgement, guard, judge


def difference(
    low: float | None, high: float | None, *, p_value: float | None = 0.01, deviation: float = 0.2
) -> PairedDifference:
    mean = ((low or 0) + (high or 0)) / 2
    return PairedDifference(Estimate(mean, low, high, 100, 100), p_value, deviation)


def verdict(one: PairedDifference | None, p_holm: float | None = None) -> Judgement:
    return judge(one, minimum_effect=0.01, confidence=0.95, p_holm=p_holm)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.001, 0.05, "WIN"),
        (-0.05, -0.001, "REGRESSION"),
        (-0.01, 0.05, "INCONCLUSIVE"),
        (0.0, 0.05, "INCONCLUSIVE"),
        (-0.05, 0.0, "INCONCLUSIVE"),
        (None, None, "INCONCLUSIVE"),
    ],
)
def test_the_interval_decides(low: float | None, high: float | None, expected: str) -> None:
    assert verdict(difference(low, high)).verdict == expected


def test_an_inconclusive_difference_says_how_many_builds_would_decide() -> None:
    assert verdict(difference(-0.01, 0.05)).n_needed == 3140
    assert verdict(difference(0.01, 0.05)).n_needed is None


@pytest.mark.parametrize(("p_value", "expected"), [(0.05, "WIN"), (0.051, "INCONCLUSIVE"), (None, "INCONCLUSIVE")])
def test_the_permutation_test_has_to_agree(p_value: float | None, expected: str) -> None:
    assert verdict(difference(0.01, 0.05, p_value=p_value)).verdict == expected


def test_five_builds_that_differ_decide_nothing_and_seven_may() -> None:
    def of(differing: int) -> str:
        values = np.where(np.arange(100) < differing, 0.5, 0.0)
        return verdict(compare(values, np.zeros(100), np.arange(100), Resampling(4000))).verdict

    assert (of(5), of(7)) == ("INCONCLUSIVE", "WIN")


def test_a_sub_group_has_to_be_significant_among_all_of_them() -> None:
    assert verdict(difference(0.01, 0.05), p_holm=0.06).verdict == "INCONCLUSIVE"
    assert verdict(difference(0.01, 0.05), p_holm=0.04).verdict == "WIN"


def test_nothing_to_compare_is_inconclusive() -> None:
    assert verdict(None) == Judgement("INCONCLUSIVE")


@pytest.mark.parametrize(
    ("low", "passed"), [(-0.019, True), (-0.02, False), (-0.03, False), (None, False), (0.1, True)]
)
def test_a_guard_holds_if_its_lower_bound_is_above_the_margin(low: float | None, passed: bool) -> None:
    assert guard(difference(low, 0.2), 0.02).passed is passed


def test_a_guard_that_cannot_be_computed_does_not_hold() -> None:
    assert guard(None, 0.02).passed is False


def null_differences(kind: str, n: int, generator: np.random.Generator) -> np.ndarray:
    """Differences of two exchangeable arms: no arm is better."""
    if kind == "average precision":
        level = np.exp(generator.normal(1.5, 1.5, n))
        first, second = (1 / np.ceil(level * np.exp(generator.normal(0, 0.4, n))) for _ in range(2))
        return np.asarray(first - second)
    if kind == "mostly equal":
        return np.where(generator.random(n) < 0.05, generator.normal(size=n), 0.0)
    if kind == "heavy tails":
        return generator.standard_t(2, size=n)
    return generator.normal(size=n)


@pytest.mark.parametrize("kind", ["average precision", "mostly equal", "heavy tails", "normal"])
@pytest.mark.parametrize("n", [5, 8, 36, 324])
def test_without_a_real_difference_a_win_is_as_rare_as_the_level_says(kind: str, n: int) -> None:
    generator = np.random.default_rng(n)
    trials, outcomes = 400, []
    for seed in range(trials):
        values = null_differences(kind, n, generator)
        found = compare(values, np.zeros(n), np.arange(n), Resampling(resamples=400, seed=seed))
        outcomes.append(verdict(found).verdict)

    # 2.5 % per side is promised; 400 trials of a true 2.5 % exceed 5.75 % in one of ten thousand cases.
    assert outcomes.count("WIN") / trials <= 0.0575
    assert outcomes.count("REGRESSION") / trials <= 0.0575


def test_correlated_queries_of_one_build_do_not_win_by_their_number() -> None:
    generator = np.random.default_rng(3)
    wins = 0
    for seed in range(300):
        shared = np.repeat(generator.normal(size=20), 15)
        values = shared + generator.normal(scale=0.2, size=300)
        found = compare(values, np.zeros(300), np.repeat(np.arange(20), 15), Resampling(resamples=300, seed=seed))
        wins += verdict(found).verdict == "WIN"

    assert wins / 300 <= 0.065


def test_a_real_difference_is_found() -> None:
    generator = np.random.default_rng(4)
    found = compare(generator.normal(0.05, 0.15, 324), np.zeros(324), np.arange(324), Resampling())

    assert verdict(found).verdict == "WIN"

"""One rule says whether a tuned model is delivered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.comparison.decision import Decision, Outcome, decide
from domain_ft.comparison.paired import paired
from domain_ft.evaluation.evidence import fewest_clusters
from domain_ft.evaluation.statistics import Resampling


def decision(differences: list[float], minimum_effect: float = 0.05) -> Decision:
    zero = np.zeros(len(differences))
    found = paired(np.array(differences), zero, np.arange(len(differences)), Resampling(500, 0.95, 1), "pratt")
    return decide(found, minimum_effect=minimum_effect, confidence=0.95)


@pytest.mark.parametrize(
    ("differences", "outcome"),
    [
        ([0.1, 0.12, 0.09, 0.11] * 5, "GO"),
        ([0.02, 0.03, 0.01, 0.02] * 5, "NO-GO"),
        ([-0.1, -0.12, -0.09, -0.11] * 5, "NO-GO"),
        ([0.3, -0.2, 0.25, -0.1] * 5, "INCONCLUSIVE"),
        ([0.1, 0.11, 0.12], "INCONCLUSIVE"),
        ([0.0] * 20, "NO-GO"),
    ],
)
def test_the_interval_decides_against_nothing_and_against_the_least_effect(
    differences: list[float], outcome: Outcome
) -> None:
    assert decision(differences).outcome == outcome


def test_better_by_less_than_pays_is_no_go_only_where_it_is_sure() -> None:
    spread = [0.0, 0.08] * 10
    assert decision(spread, 0.05).outcome == "INCONCLUSIVE"
    assert decision(spread, 0.09).outcome == "NO-GO"


def test_where_nothing_is_decided_it_is_said_how_many_concepts_would() -> None:
    found = decision([0.3, -0.2, 0.25, -0.1] * 5)
    assert found.n_needed is not None
    assert found.n_needed > 20


def test_without_anything_to_compare_nothing_is_decided() -> None:
    found = decide(None, minimum_effect=0.05, confidence=0.95)
    assert (found.outcome, found.n_needed) == ("INCONCLUSIVE", fewest_clusters(0.95))


@settings(max_examples=20)
@given(st.lists(st.floats(-1, 1), min_size=14, max_size=30), st.floats(0.01, 0.5))
def test_what_is_go_stays_go_for_a_smaller_effect(differences: list[float], smaller: float) -> None:
    if decision(differences, 0.5).outcome == "GO":
        assert decision(differences, smaller).outcome == "GO"


@settings(max_examples=20)
@given(st.lists(st.floats(-1, 1), min_size=2, max_size=30))
def test_the_sentence_names_the_figures(differences: list[float]) -> None:
    assert f"{np.mean(differences):+.3f}" in decision(differences).why


def test_so_few_families_decide_nothing_however_alike_they_are() -> None:
    found = decision([0.01, 0.02])
    assert (found.outcome, found.n_needed) == ("INCONCLUSIVE", fewest_clusters(0.95))
    assert decision([0.01] * fewest_clusters(0.95)).outcome == "NO-GO"


@settings(max_examples=40)
@given(st.lists(st.floats(-1, 1), min_size=6, max_size=60), st.floats(0.01, 0.5))
def test_what_is_said_to_be_needed_is_more_than_there_is(differences: list[float], effect: float) -> None:
    found = decision(differences, effect)
    assert found.n_needed is None or found.n_needed > len(differences)

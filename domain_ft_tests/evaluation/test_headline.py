"""One sentence that says it all."""

from dataclasses import replace
from typing import Any

import pytest

from domain_ft.evaluation.comparison import ALL, Comparison, DifferenceRow
from domain_ft.evaluation.gates import GateOutcome
from domain_ft.evaluation.headline import headline
from domain_ft.evaluation.statistics import Estimate
from domain_ft.evaluation.verdict import Guard
from domain_ft.evaluation.vocabulary import HISTORY

ROW = DifferenceRow(
    candidate="candidate", reference="base", metric="map", slice=ALL, mean=0.054, low=0.031, high=0.077, n=324,
    clusters=322, p_value=0.0005, p_holm=None, verdict="WIN", n_needed=None,
)  # fmt: skip


def sentence(
    row: DifferenceRow, *, guards: dict[str, Guard] | None = None, same_model: bool = False, **beside: Any
) -> str:
    arms = {arm: {"map": Estimate(mean, 0.4, 0.7, row.n, row.clusters)} for arm, mean in
            {"base": 0.536, "candidate": 0.536 + row.mean}.items()}  # fmt: skip
    comparison = Comparison(
        "map", "base", row.verdict, row.n, row.clusters, row.n_needed, arms, {}, (row,), guards or {}
    )
    return headline(comparison, minimum_effect=0.01, confidence=0.95, same_model=same_model, words=HISTORY, **beside)


def test_a_win_says_by_how_much_and_on_how_many_builds() -> None:
    assert sentence(ROW) == (
        "WIN: the candidate is better than the base: MAP 0.590 against 0.536, a difference of +0.054 "
        "(95 % CI +0.031 to +0.077) on 324 builds (322 changes)."
    )


@pytest.mark.parametrize(
    ("n_needed", "expected"),
    [
        (2100, "To decide an effect of 0.01, about 2,100 changes are needed."),
        (200, "An effect of 0.01 would probably have shown on so many changes."),
        (None, "Too few builds differ to say how many would decide."),
    ],
)
def test_an_inconclusive_outcome_says_what_would_decide(n_needed: int | None, expected: str) -> None:
    assert sentence(replace(ROW, low=-0.01, verdict="INCONCLUSIVE", n_needed=n_needed)).endswith(expected)


def test_a_permutation_test_that_does_not_agree_is_named() -> None:
    found = sentence(replace(ROW, p_value=0.062, verdict="INCONCLUSIVE", n_needed=900))

    assert found.endswith("The interval leaves out 0, but the permutation test does not agree (p 0.062).")


def test_too_little_to_judge_on_is_told_before_anything_else() -> None:
    few = "4 changes in the test split; at least 6 are needed for a verdict"
    found = sentence(replace(ROW, clusters=4, p_value=0.125, verdict="INCONCLUSIVE", n_needed=6), few=few)
    assert found.endswith(f"on 324 builds (4 changes). {few}.")


def test_guards_that_do_not_hold_are_named() -> None:
    guards = {"apfd": Guard(-0.03, -0.05, 0.02, passed=False), "mrr_at_10": Guard(0.1, 0.05, 0.02, passed=True)}

    assert sentence(ROW, guards=guards).endswith("Not shown to hold against the base: APFD.")


def test_a_candidate_that_is_the_reference_is_told_so() -> None:
    assert sentence(ROW, same_model=True).startswith("INCONCLUSIVE: the candidate is the base itself")


@pytest.mark.parametrize("same_model", [False, True])
def test_success_gates_come_after_all_that_decides(same_model: bool) -> None:
    gates = [GateOutcome("MAP >= 0.6", "map", 0.59, False)]
    found = sentence(ROW, same_model=same_model, gates=gates)
    assert found == f"{sentence(ROW, same_model=same_model)} Success gates: 0 of 1 passed (MAP >= 0.6: failed (0.590))."


def test_a_collapse_is_told() -> None:
    assert sentence(ROW, collapsed=True).endswith(" The candidate has collapsed: different texts lie in one place.")

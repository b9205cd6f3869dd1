"""The gate lets through a WIN about this very contest whose guards hold, and says in one sentence why it does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.registry.evidence import Evidence, Interval
from domain_ft.registry.gate import Contest, decide_promotion
from domain_ft.registry.settings import PromotionSettings

SETTINGS = PromotionSettings(margin=0.02)
CONTEST = Contest("new", "old")
EVIDENCE = Evidence(
    digest="b1",
    candidate="new",
    champion="old",
    reference="champion",
    primary_metric="map",
    verdict="WIN",
    n=120,
    score=Interval(0.6, 0.57, 0.63),
    difference=Interval(0.05, 0.02, 0.08),
    guards={"apfd": -0.01},
    collapsed=False,
    dataset_digest="d1",
    comparison_digest="c1",
    split="test",
)


def test_win_over_the_champion_with_guards_held_is_let_through() -> None:
    decision = decide_promotion(EVIDENCE, SETTINGS, CONTEST)
    assert decision.promote
    assert decision.reason == (
        "WIN over the champion old: map +0.050 [+0.020, +0.080] over n=120; guards stay above -0.02 of the base (lower "
        "bounds: apfd -0.010)"
    )


def test_first_champion_has_to_beat_the_base() -> None:
    evidence = replace(EVIDENCE, champion=None, reference="base")
    assert decide_promotion(evidence, SETTINGS, Contest("new", None)).promote


@pytest.mark.parametrize("verdict", ["INCONCLUSIVE", "REGRESSION"])
def test_anything_but_a_win_is_refused_with_its_numbers(verdict: str) -> None:
    decision = decide_promotion(replace(EVIDENCE, verdict=verdict), SETTINGS, CONTEST)  # type: ignore[arg-type]
    assert not decision.promote
    assert decision.reason == f"{verdict} against the champion old: map +0.050 [+0.020, +0.080] over n=120"


def test_a_collapsed_candidate_is_refused_however_well_it_ranks() -> None:
    decision = decide_promotion(replace(EVIDENCE, collapsed=True), SETTINGS, CONTEST)
    assert not decision.promote
    assert "but the candidate has collapsed: different texts lie in one place" in decision.reason


@pytest.mark.parametrize("low", [None, -0.02, -0.3])
def test_guard_at_or_below_the_margin_is_refused(low: float | None) -> None:
    decision = decide_promotion(replace(EVIDENCE, guards={"apfd": low, "mrr_at_10": 0.0}), SETTINGS, CONTEST)
    assert not decision.promote
    assert f"apfd {'unknown' if low is None else f'{low:+.3f}'})" in decision.reason


@pytest.mark.parametrize(
    ("contest", "part"),
    [
        (Contest("other", "old"), "judged new, not other"),
        (Contest("new", "newer"), "against the champion old, and the champion now is newer"),
        (Contest("new", None), "and the champion now is none"),
        (Contest("new", "old", "2026-11-01"), "was rolled back on 2026-11-01"),
    ],
)
def test_evidence_about_another_contest_is_refused(contest: Contest, part: str) -> None:
    decision = decide_promotion(EVIDENCE, SETTINGS, contest)
    assert not decision.promote
    assert part in decision.reason


def test_win_over_the_base_alone_does_not_beat_a_champion() -> None:
    assert not decide_promotion(replace(EVIDENCE, reference="base"), SETTINGS, CONTEST).promote


def test_validation_split_decides_nothing() -> None:
    decision = decide_promotion(replace(EVIDENCE, split="validation"), SETTINGS, CONTEST)
    assert decision.reason == "the benchmark b1 judged the validation split; only the test split decides"


@given(
    verdict=st.sampled_from(["WIN", "INCONCLUSIVE", "REGRESSION"]),
    guards=st.dictionaries(st.sampled_from(["apfd", "map", "mrr_at_10"]), st.none() | st.floats(-1, 1)),
    margin=st.floats(0, 0.99),
    champion=st.sampled_from([None, "old", "newer"]),
)
def test_no_combination_goes_around_the_rules(
    verdict: str, guards: dict[str, float | None], margin: float, champion: str | None
) -> None:
    evidence = replace(EVIDENCE, verdict=verdict, guards=guards)  # type: ignore[arg-type]
    decision = decide_promotion(evidence, PromotionSettings(margin=margin), Contest("new", champion))
    held = all(low is not None and low > -margin for low in guards.values())
    assert decision.promote == (verdict == "WIN" and held and champion == "old")
    assert decision.reason
    assert "\n" not in decision.reason

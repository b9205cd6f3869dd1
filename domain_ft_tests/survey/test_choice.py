"""The choice of a base model: by its score, among equals by what it costs, and never one that cannot answer."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.survey.choice import Contender, choose_base
from domain_ft.survey.settings import SurveyChoiceSettings

RULE = SurveyChoiceSettings()


def contender(model: str, score: float, **others: Any) -> Contender:
    return Contender(model, score, **{"valid_share": 1.0, "seconds": 1.0, "memory_bytes": 10**9, **others})


def test_the_highest_score_is_chosen() -> None:
    choice = choose_base([contender("a", 0.5), contender("b", 0.8, seconds=9.0), contender("c", 0.7)], RULE)
    assert (choice.model, choice.reason) == (
        "b", "b is chosen: it scores 0.800, the most of 3 with 80 % valid answers or more.",
    )  # fmt: skip


def test_of_equals_the_fastest_is_chosen() -> None:
    choice = choose_base([contender("a", 0.795, seconds=1.0), contender("b", 0.8, seconds=9.0)], RULE)
    assert choice.model == "a"
    assert choice.reason == (
        "a is chosen: it takes 1.0 s per answer, the least of 2 that score within 0.01 of the best (b, 0.800)."
    )


def test_of_equals_the_smallest_is_chosen_where_that_is_the_rule() -> None:
    rule = SurveyChoiceSettings(among_equals="smaller")
    known = contender("a", 0.8, seconds=9.0, memory_bytes=2 * 10**9)
    choice = choose_base([known, contender("b", 0.8), contender("c", 0.8, memory_bytes=None)], rule)
    assert (choice.model, "it takes 1.0 GB" in choice.reason) == ("b", True)
    assert choose_base([known, contender("c", 0.8, memory_bytes=None)], rule).model == "a"


def test_the_effect_says_who_is_an_equal() -> None:
    both = [contender("a", 0.795), contender("b", 0.8, seconds=9.0)]
    assert choose_base(both, SurveyChoiceSettings(minimum_effect=0.001)).model == "b"


def test_a_model_whose_answers_are_not_valid_often_enough_is_not_chosen() -> None:
    both = [contender("a", 0.6), contender("b", 0.8, valid_share=0.7)]
    choice = choose_base(both, RULE)
    assert (choice.model, "alone has 80 % valid answers or more" in choice.reason) == ("a", True)
    assert choose_base(both, SurveyChoiceSettings(valid_share=0.7)).model == "b"


def test_none_is_chosen_where_no_answers_are_valid_often_enough() -> None:
    choice = choose_base([contender("a", 0.6, valid_share=0.1), contender("b", 0.8, valid_share=0.7)], RULE)
    assert choice.model is None
    assert "none of 2 has 80 % valid answers or more (b has the most, 70 %)" in choice.reason


def test_one_model_alone_is_said_to_be_alone() -> None:
    assert choose_base([contender("a", 0.6)], RULE).reason == (
        "a is chosen: it scores 0.600, and was surveyed alone; it has 80 % valid answers or more."
    )


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 99)), min_size=1, max_size=6),
    st.floats(0.001, 0.2),
)
@pytest.mark.parametrize("among", ["faster", "smaller"])
def test_whoever_is_chosen_obeys_the_rule(among: Any, drawn: list[tuple[float, float, float]], effect: float) -> None:
    rule = SurveyChoiceSettings(minimum_effect=effect, among_equals=among)
    all_of_them = [contender(str(n), s, valid_share=v, seconds=t) for n, (s, v, t) in enumerate(drawn)]
    able = [each for each in all_of_them if each.valid_share >= rule.valid_share]
    chosen = {each.model: each for each in all_of_them}.get(choose_base(all_of_them, rule).model or "")
    if not able:
        assert chosen is None
        return
    assert chosen in able
    best = max(each.score for each in able)
    assert chosen.score >= best - effect
    if among == "faster":
        assert all(chosen.seconds <= each.seconds for each in able if each.score >= best - effect)

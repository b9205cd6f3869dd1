"""A pair is believed as far as its passage holds it; each refusal has one reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.generation.answers import AnsweredPair
from domain_ft.generation.judge import grounded, overlap, refusal

PASSAGE = "The pump moves 40 litres of water per second. Its valves are replaced every year by the station's crew."


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        ("How much water does the pump move?", "It moves 40 litres per second.", None),
        ("Who is replacing the valves?", "The crew of the station replaces the valves yearly.", None),
        ("How much water does the pump move", "It moves 40 litres.", "no_question"),
        ("The pump moves what?", "Water.", None),
        ("?", "Water.", "no_question"),
        ("Why pump?", "Water.", "question_too_short"),
        (f"What is {'very ' * 50}wet?", "Water.", "question_too_long"),
        ("What does the passage say about pumps?", "The pump moves water.", "about_the_text"),
        ("According to the authors, what moves water?", "The pump.", "about_the_text"),
        ("What is given in the table?", "A pump.", "about_the_text"),
        ("Which valves did this study replace?", "Its valves.", "about_the_text"),
        ("What does the paper's method measure?", "The pump.", "about_the_text"),
        ("What is shown in Figure 3 of it?", "The pump.", "about_the_text"),
        ("What moves the water there?", "...", "answer_empty"),
        ("What moves the water there?", "What moves the water there", "answer_repeats_question"),
        ("What moves the water there?", "A turbine built in Norway by engineers.", "not_grounded"),
        ("How much water is moved there?", "It moves 90 gallons hourly.", "not_grounded"),
    ],
)
def test_each_refusal_has_its_reason(question: str, answer: str, why: str | None) -> None:
    assert refusal(AnsweredPair(question, answer), PASSAGE, 0.7) == why


@pytest.mark.parametrize("question", ["How does the paper feeder work?", "Which section of pipe is the text pump in?"])
def test_a_thing_that_is_called_like_a_part_of_a_text_may_be_asked_about(question: str) -> None:
    assert refusal(AnsweredPair(question, "The pump moves water."), PASSAGE, 0.7) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_shares_are_shares_and_a_passage_grounds_itself(one: str, other: str) -> None:
    assert 0 <= grounded(one, other) <= 1
    assert 0 <= overlap(one, other) <= 1
    assert grounded(one, one) == 1

"""A model's answer holds pairs, or is a failure of a kind that is counted."""

import json

import pytest

from domain_ft.generation.answers import AnsweredPair, UnusableAnswerError, answered_pairs

PAIR = {"question": "What  moves?", "answer": "The\npump."}
GOOD = json.dumps({"pairs": [PAIR]})


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f"<think>Hm, {{}}?</think>\n{GOOD}",
        f"Here you are:\n```\n{GOOD}\n```",
        f"Hm, {{}}?\n</think>\n{GOOD}",
    ],
)
def test_pairs_are_found_alone_in_a_fence_and_after_a_thought(text: str) -> None:
    assert answered_pairs(text, "stop") == [AnsweredPair("What moves?", "The pump.")]


@pytest.mark.parametrize(
    ("text", "done_reason", "kind"),
    [
        ("", "stop", "empty_answer"),
        ("<think>I wonder</think>", "stop", "empty_answer"),
        ("The pump moves water.", "stop", "prose"),
        ("Q: What moves? A: The pump.", "stop", "prose"),
        ('{"pairs": [{"question": ', "stop", "broken_json"),
        ('{"pairs": NaN}', "stop", "broken_json"),
        ('{"pairs": [{"question": ', "length", "cut_off"),
        ("The pump", "length", "cut_off"),
        ('{"questions": []}', "stop", "wrong_schema"),
        ('{"pairs": "none"}', "stop", "wrong_schema"),
        ('{"pairs": [{"question": "What?"}]}', "stop", "wrong_schema"),
        ('{"pairs": [{"question": 1, "answer": "x"}]}', "stop", "wrong_schema"),
        (f"[{json.dumps(PAIR)}]", "stop", "wrong_schema"),
        ('{"pairs": []}', "stop", "no_pairs"),
        ("[" * 5000, "stop", "broken_json"),
        ('{"pairs":' * 2000, "stop", "broken_json"),
        (r'{"pairs": [{"question": "What is \ud800?", "answer": "x"}]}', "stop", "broken_json"),
        (r'{"pairs": [{"question": "What is it?", "answer": "\u0000"}]}', "stop", "broken_json"),
    ],
)
def test_each_kind_of_failure_has_its_name(text: str, done_reason: str, kind: str) -> None:
    with pytest.raises(UnusableAnswerError) as caught:
        answered_pairs(text, done_reason)
    assert caught.value.kind == kind

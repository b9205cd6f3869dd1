"""Success gates: read strictly, held against the candidate's means."""

import pytest

from domain_ft.evaluation.gates import GateOutcome, evaluate_gates, gates_sentence, parse_gate

KNOWN = ("recall_at_5", "mrr_at_10", "map")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("recall@5 >= 0.6", "recall_at_5 >= 0.6"),
        ("RECALL_AT_5>=.60", "recall_at_5 >= 0.6"),
        ("  MRR@10 > 1 ", "mrr_at_10 > 1"),
        ("similarity_gap >= 0.123456789", "similarity_gap >= 0.123456789"),
    ],
)
def test_a_gate_is_read_in_the_fields_words_and_in_those_of_the_settings(text: str, expected: str) -> None:
    gate = parse_gate(text, KNOWN)
    assert str(gate) == expected
    assert parse_gate(str(gate), KNOWN) == gate


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("good enough", "is no gate; write metric"),
        ("recall@5", "is no gate"),
        ("recall@7 >= 0.6", "'recall@7' is not measured here; there are recall_at_5, mrr_at_10, map"),
        ("recall@5 <= 0.6", "expected >= or >"),
        ("recall@5 => 0.6", "expected >= or >"),
        ("recall@5 >= 60", "expected a number from 0 to 1"),
        ("recall@5 >= nan", "expected a number from 0 to 1"),
        ("recall@5 >= most", "expected a number after >="),
    ],
)
def test_anything_else_is_refused_with_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why.replace("(", r"\(")):
        parse_gate(text, KNOWN)


@pytest.mark.parametrize(("gate", "passed"), [("map >= 0.5", True), ("map > 0.5", False), ("map >= 0.51", False)])
def test_a_mean_passes_or_fails(gate: str, passed: bool) -> None:
    assert [one.passed for one in evaluate_gates([gate], {"map": 0.5}, KNOWN)] == [passed]


def test_what_the_data_does_not_define_is_not_reached() -> None:
    (found,) = evaluate_gates(["similarity_gap >= 0"], {}, KNOWN)
    assert found == GateOutcome("similarity gap >= 0", "similarity_gap", None, False)
    assert found.sentence() == "similarity gap >= 0: failed (not measured)"


def test_one_sentence_says_how_many_passed_and_each_value() -> None:
    outcomes = evaluate_gates(["recall@5 >= 0.6", "map > 0.1"], {"recall_at_5": 0.4123, "map": 0.2}, KNOWN)
    assert gates_sentence(outcomes) == (
        "Success gates: 1 of 2 passed (recall@5 >= 0.6: failed (0.412); MAP > 0.1: passed (0.200))."
    )

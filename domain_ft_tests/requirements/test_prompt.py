"""How a template asks, and what it is called by."""

from domain_ft.llm.protocol import Message
from domain_ft.requirements.prompt import PromptTemplate

PLAIN = PromptTemplate("Be brief.", "About {concept}, {concept}!")
SHOWING = PromptTemplate("Be brief.", "About {concept}, {concept}!", (("a lamp", "It shines."), ("{concept}", "Yes.")))


def test_examples_are_turns_before_the_question() -> None:
    assert SHOWING.messages("a boat") == [
        Message("system", "Be brief."),
        Message("user", "About a lamp, a lamp!"),
        Message("assistant", "It shines."),
        Message("user", "About {concept}, {concept}!"),
        Message("assistant", "Yes."),
        Message("user", "About a boat, a boat!"),
    ]


def test_without_examples_a_template_keeps_the_name_that_published_things_have() -> None:
    assert PLAIN.digest == "f7fa55afbcc5"


def test_examples_and_their_order_are_part_of_the_name() -> None:
    turned = PromptTemplate(SHOWING.system, SHOWING.user, SHOWING.examples[::-1])
    assert len({PLAIN.digest, SHOWING.digest, turned.digest}) == 3

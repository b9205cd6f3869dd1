"""Models that answer by grammar, well or with faults: what a survey has to tell apart."""

import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from domain_ft.requirements.concepts import choose_concepts
from domain_ft.requirements.grammar import load_grammar
from domain_ft.requirements.synthesis import concept_row, requirements_of
from domain_ft_tests.llm.server import Answer

_ASKED = re.compile(r"\n\n(.*)\n\n", re.DOTALL)


def made_records(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Records of so many different concepts, by the packaged grammar."""
    grammar = load_grammar()
    return [
        {**concept_row(grammar, concept), "requirements": requirements_of(grammar, concept)}
        for concept in choose_concepts(grammar, count, seed)
    ]


def asked_concept(messages: Sequence[Mapping[str, str]]) -> str:
    """The concept that a question is about."""
    found = _ASKED.search(messages[-1]["content"])
    assert found is not None
    return found[1]


def knowing(
    records: Sequence[Mapping[str, Any]],
    *,
    short_ids: int = 0,
    prose: int = 0,
    cut: int = 0,
    fenced: bool = False,
    words_per_second: float | None = None,
) -> Answer:
    """A model that knows the answers of some records, and gives every n-th of them with a fault.

    Ids of two digits, prose in place of an answer, and an answer that breaks off. It may take its time.
    """
    known = {record["concept"]: record["requirements"] for record in records}
    order = {concept: number for number, concept in enumerate(known, 1)}

    def answer(messages: Sequence[Mapping[str, str]], options: Mapping[str, Any], form: Any) -> str:
        concept = asked_concept(messages)
        number = order[concept]
        text = yaml.safe_dump(known[concept], sort_keys=False)
        if short_ids and number % short_ids == 0:
            text = text.replace("00", "0")
        if fenced:
            text = f"Here you are:\n\n```yaml\n{text}```\n"
        if cut and number % cut == 0:
            text = text[: len(text) // 2]
        if prose and number % prose == 0:
            text = "I would rather talk about it first."
        if words_per_second:
            time.sleep(len(text.split(" ")) / words_per_second)
        return text

    return answer


def constant(text: str) -> Answer:
    """A model that says the same whatever it is asked."""
    return lambda messages, options, form: text

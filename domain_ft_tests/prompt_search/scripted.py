"""A model that answers by script: as well as it is asked, and with a word on how to ask it better."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from domain_ft.llm.protocol import Generation, GenerationOptions, Message
from domain_ft.requirements.rendering import gold_text

MAGIC = "carefully"
PROPOSED = f"You write requirements {MAGIC}."
_ASKED = re.compile(r"\n\n(.*)\n\n", re.DOTALL)
Asked = tuple[Sequence[Message], GenerationOptions]


def is_proposal(messages: Sequence[Message]) -> bool:
    """Whether DSPy's proposer asks, and not our template."""
    return "[[ ## " in messages[0].content


def about(messages: Sequence[Message]) -> str:
    """The concept that a question is about."""
    found = _ASKED.search(messages[-1].content)
    assert found is not None
    return found[1]


class Scripted:
    """Knows the answers of some records, and says them where it is `convinced` by the messages, else says little."""

    model = "scripted"

    def __init__(
        self,
        records: Sequence[Mapping[str, Any]],
        convinced: Callable[[Sequence[Message]], bool],
        proposal: str = PROPOSED,
        otherwise: str = "title: Something\ndescription: Short",
    ) -> None:
        """Its answers are the records' own, but for their priorities."""
        golds = {record["concept"]: str(gold_text(record)) for record in records}
        self._known = {concept: gold.replace("High", "Medium") for concept, gold in golds.items()}
        self._otherwise = otherwise
        self._convinced, self._proposal = convinced, proposal
        self.asked: list[Asked] = []
        self.ends: tuple[int, BaseException] | None = None
        """Before which question, counted from 0, what is raised."""

    def generate(
        self, messages: Sequence[Message], options: GenerationOptions, schema: Mapping[str, Any] | None = None
    ) -> Generation:
        if self.ends and len(self.asked) == self.ends[0]:
            raise self.ends[1]
        self.asked.append((list(messages), options))
        return Generation(self._text(messages), "stop", None, None, 0.0, None, None, None)

    def _text(self, messages: Sequence[Message]) -> str:
        if is_proposal(messages):
            return self._proposal
        return self._known[about(messages)] if self._convinced(messages) else self._otherwise

    @property
    def questions(self) -> list[Asked]:
        """What our template asked."""
        return [each for each in self.asked if not is_proposal(each[0])]

    @property
    def proposals(self) -> list[Asked]:
        """What the proposer asked."""
        return [each for each in self.asked if is_proposal(each[0])]

    @property
    def instructions(self) -> int:
        """How often it was asked for an instruction."""
        return sum("proposed_instruction" in messages[0].content for messages, _ in self.proposals)


def told_carefully(messages: Sequence[Message]) -> bool:
    """Convinced by the proposed instruction."""
    return MAGIC in messages[0].content


def shown_an_example(messages: Sequence[Message]) -> bool:
    """Convinced by an example."""
    return any(message.role == "assistant" for message in messages)


def told_anything(messages: Sequence[Message]) -> bool:
    """Convinced by the default prompt already."""
    return True

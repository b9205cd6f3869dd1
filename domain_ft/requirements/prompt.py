"""How a model is asked for the requirements of a concept, and the form of its answer as a JSON schema."""

from dataclasses import asdict, dataclass
from typing import Any

from domain_ft.llm.protocol import Message
from domain_ft.requirements.shape import CATEGORIES, ITEM_TEXTS, LEAST_ITEMS, PRIORITIES, TEXTS
from domain_ft.store.digests import sha256_json, short

_CONCEPT = "{concept}"


@dataclass(frozen=True)
class PromptTemplate:
    """What is said before the concept, and how it is put; `{concept}` in `user` is where it stands.

    Of each example, a concept and its answer, the model is told as if it had answered so before.
    """

    system: str
    user: str
    examples: tuple[tuple[str, str], ...] = ()

    def messages(self, concept: str) -> list[Message]:
        """The messages that ask for the requirements of a concept."""
        turns = [Message("system", self.system)]
        for shown, answer in self.examples:
            turns += [self._question(shown), Message("assistant", answer)]
        return [*turns, self._question(concept)]

    def _question(self, concept: str) -> Message:
        return Message("user", self.user.replace(_CONCEPT, concept))

    @property
    def digest(self) -> str:
        """What identifies the template in results; one without examples is named as before there were any."""
        told = asdict(self)
        if not self.examples:
            del told["examples"]
        return short(sha256_json(told))


DEFAULT_PROMPT = PromptTemplate(
    system=(
        "You are a business analyst. You write requirements that a team can build from and test: each is one sentence, "
        "says one thing, and is about the product at hand."
    ),
    user=(
        "Write the requirements of this product:\n\n"
        f"{_CONCEPT}\n\n"
        "Answer with YAML alone: title (at most 100 characters), description (what it is, for whom, how large; 100 "
        "characters or more), functional_requirements, non_functional_requirements and constraints. Each of the three "
        "is a list of two or more items with id, description and priority. Ids count from 001 in each list: FR001, "
        "NFR001, C001. A priority is High, Medium or Low."
    ),
)


def answer_schema() -> dict[str, Any]:
    """The JSON schema of an answer, for servers that let nothing else through."""
    item = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ITEM_TEXTS} | {"priority": {"enum": list(PRIORITIES)}},
        "required": list(ITEM_TEXTS),
    }
    lists = {category.field: {"type": "array", "items": item, "minItems": LEAST_ITEMS} for category in CATEGORIES}
    fields = {**{name: {"type": "string"} for name in TEXTS}, **lists}
    return {"type": "object", "properties": fields, "required": list(fields)}

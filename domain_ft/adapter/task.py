"""The task score of a model under training: what it answers to validation concepts, scored as everywhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain_ft.adapter.chat import Chat
from domain_ft.adapter.generate import generate_answers, just_go_on
from domain_ft.requirements.extract import extract
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.survey.answers import scored_extractions

if TYPE_CHECKING:
    from peft import PeftModel

SCORE = "score"
"""The metric that chooses the checkpoint."""
_ROOM = 1.25
"""An answer may be this much longer than the longest one that is learned, and is cut off there."""


@dataclass(frozen=True)
class RequirementsTask:
    """The concepts that are asked about, and what their answers are judged by."""

    concepts: tuple[str, ...]
    beside: tuple[str, ...]
    """All concepts of training and validation: beside them a word of one concept is rare, or is not."""
    chat: Chat
    max_new_tokens: int
    score: ScoreSettings

    def metrics(self, model: "PeftModel", check: Callable[[], None] = just_go_on) -> dict[str, float]:
        """Means over the concepts: the requirements score, its components, and the share of valid answers.

        `check` is called before each batch of questions, and ends the work by raising.
        """
        answers = generate_answers(model, self.chat, self.prompts, self.max_new_tokens, check=check)
        found = [(concept, extract(answer.text)) for concept, answer in zip(self.concepts, answers, strict=True)]
        rows = scored_extractions(found, self.beside, self.score)
        valid = [row["valid"] and answer.ended for row, answer in zip(rows, answers, strict=True)]
        return {
            SCORE: _mean([row["score"] for row in rows]),
            "valid_share": _mean(valid),
            "answer_tokens": _mean([answer.tokens for answer in answers]),
            **_means([row["components"] for row in rows]),
        }

    @property
    def prompts(self) -> list[list[int]]:
        """The questions as tokens."""
        return [self.chat.prompt_ids(concept) for concept in self.concepts]


def answer_room(longest_answer: int, longest_prompt: int, positions: int | None) -> int:
    """Tokens that an answer may take, within what the model has positions for."""
    room = int(longest_answer * _ROOM) + 1
    return room if positions is None else max(1, min(room, positions - longest_prompt))


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: _mean([row[name] for row in rows]) for name in rows[0]}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)

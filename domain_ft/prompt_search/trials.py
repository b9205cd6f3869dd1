"""The trials of a search: a prompt is scored as the benchmark scores it, and the log grows with each.

A sentence that answers many concepts counts against all that hold it, so that a prompt's score is that of its answers
together, not the mean of scores given one by one.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from domain_ft.progress import Progress
from domain_ft.prompt_search.asking import Asking
from domain_ft.prompt_search.rows import SearchRows
from domain_ft.prompt_search.settings import PromptSearchSettings
from domain_ft.requirements.extract import extract
from domain_ft.requirements.prompt import PromptTemplate
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.survey.answers import extraction_of, scored_extractions
from domain_ft.survey.questions import Question


@dataclass(frozen=True)
class Example:
    """An example of a prompt: a record of train, and who answered it."""

    id: str
    by_model: bool


@dataclass(frozen=True)
class Trial:
    """A prompt that was scored."""

    number: int
    prompt: str
    """Its digest."""
    instruction: str
    examples: tuple[Example, ...]
    full: bool
    """Whether on all rows, or on a minibatch of them."""
    rows: int
    score: float
    best_score: float | None
    """The best one so far on all rows."""


@dataclass
class Trials:
    """Scores prompts, the default one first, and writes the log; a search that goes on writes the same log again."""

    rows: SearchRows
    asking: Asking
    settings: PromptSearchSettings
    score: ScoreSettings
    log: Path
    progress: Progress
    made: list[Trial] = field(default_factory=list)
    full: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    """Of each prompt that was scored on all rows, by its digest, the score of each row."""

    def try_prompt(self, prompt: PromptTemplate, places: Sequence[int]) -> float:
        """Score a prompt on the validation rows at these places, and log it."""
        asked = [self.rows.validation[place] for place in places]
        scores = self._scores(prompt, asked)
        score = float(scores.mean())
        full = len(asked) == len(self.rows.validation)
        if full:
            self.full[prompt.digest] = scores
        best = max((float(each.mean()) for each in self.full.values()), default=None)
        examples = tuple(self._example(*each) for each in prompt.examples)
        number = len(self.made) + 1
        self.made.append(Trial(number, prompt.digest, prompt.system, examples, full, len(asked), score, best))
        self._write()
        self.progress("trials", number, None if self.settings.minibatch_size else self.settings.trials + 1)
        return score

    def score_alone(self, concept: str, answer: str) -> float:
        """The score of one answer, as it counts for whether it may be an example."""
        (figures,) = scored_extractions([(concept, extract(answer))], self.rows.concepts, self.score)
        return float(figures["score"])

    def _scores(self, prompt: PromptTemplate, asked: Sequence[Question]) -> npt.NDArray[np.float64]:
        answers = self.asking.answers([prompt.messages(each.concept) for each in asked], self.settings.options)
        found = [(each.concept, extraction_of(answer)) for each, answer in zip(asked, answers, strict=True)]
        return np.array([row["score"] for row in scored_extractions(found, self.rows.concepts, self.score)])

    def _example(self, concept: str, answer: str) -> Example:
        (found,) = [(each.name, gold) for each, gold in self.rows.train if each.concept == concept]
        return Example(found[0], answer != found[1])

    def _write(self) -> None:
        with self.log.open("w" if len(self.made) == 1 else "a", encoding="utf-8", newline="\n") as file:
            file.write(f"{json.dumps(asdict(self.made[-1]), ensure_ascii=False, allow_nan=False)}\n")

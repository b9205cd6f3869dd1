"""The answers of a model that is surveyed: asked for one by one, kept as they come, scored together, and published.

Stopped at any answer it goes on from there.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain_ft.errors import DomainFtError
from domain_ft.faults import faults_as_sentences
from domain_ft.llm.kept import KeptAnswers, kept_answers
from domain_ft.llm.protocol import GenerationError, Generator, GeneratorUnavailableError
from domain_ft.progress import Progress
from domain_ft.requirements.extract import Extraction
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder, remove_folder, write_json
from domain_ft.survey.answers import (
    Row,
    answered_row,
    extraction_of,
    failed_row,
    is_valid,
    newest_score,
    scored_rows,
)
from domain_ft.survey.candidate import Candidate, is_unchanged
from domain_ft.survey.figures import answering_figures, score_figures
from domain_ft.survey.questions import Question, Questions
from domain_ft.survey.settings import SurveySettings
from domain_ft.training.lease import device_lease

SURVEY, ITEMS = "survey.json", "items.jsonl"
ANSWERS = "answers.jsonl"
"""In the work folder: what was answered so far."""
OnAnswer = Callable[[Mapping[str, float]], None]


@dataclass(frozen=True)
class ModelSurvey:
    """A survey that is yet to be published."""

    settings: SurveySettings
    score: ScoreSettings
    questions: Questions
    candidate: Candidate
    content: str
    digest: str
    progress: Progress
    on_answer: OnAnswer | None

    def run(self, work: Path, target: Path) -> int:
        """Ask what is not answered yet, and publish; how many answers there were before, kept in the folder `work`."""
        with faults_as_sentences(work), kept_answers(work / ANSWERS, self.digest) as answered:
            before = len(answered)
            self._ask(answered)
            if not is_unchanged(self.candidate):
                remove_folder(work)
                raise DomainFtError(f"{self.candidate.name}: was replaced while it was asked; survey it again")
            rows = [(question.concept, answered[key]) for key, question, _ in self._each()]
            publish_folder(target, lambda folder: self._write(folder, rows))
            remove_folder(work)
        return before

    def _each(self) -> Iterator[tuple[str, Question, int]]:
        """Key, question and repeat of each answer: every question once, then every one again."""
        for repeat in range(self.settings.repeats):
            for number, question in enumerate(self.questions.asked):
                yield f"{number}.{repeat}", question, repeat

    def _ask(self, answered: KeptAnswers) -> None:
        step, total = f"ask {self.candidate.name}", len(self.questions.asked) * self.settings.repeats
        self.progress(step, len(answered), total)
        so_far = self._extracted(answered) if self.on_answer else []
        for key, question, repeat in self._each():
            if key in answered:
                continue
            answered.keep(key, self._answer(self.candidate.generator(), question, repeat))
            if self.on_answer:
                so_far.append((question.concept, extraction_of(answered[key])))
                self._tell(self.on_answer, answered[key], so_far)
            self.progress(step, len(answered), total)

    def _extracted(self, answered: KeptAnswers) -> list[tuple[str, Extraction]]:
        """What was answered before, each with its concept."""
        return [(asked.concept, extraction_of(answered[key])) for key, asked, _ in self._each() if key in answered]

    def _answer(self, generator: Generator, question: Question, repeat: int) -> dict[str, Any]:
        options = self.settings.options.model_copy(update={"seed": self.settings.options.seed + repeat})
        began = time.monotonic()
        try:
            answer = generator.generate(DEFAULT_PROMPT.messages(question.concept), options)
        except GeneratorUnavailableError as error:
            raise GeneratorUnavailableError(f"{error}; what was answered is kept, and the same again goes on") from None
        except GenerationError as error:
            return failed_row(question.name, repeat, str(error), time.monotonic() - began)
        return answered_row(question.name, repeat, answer, self.candidate.memory())

    def _tell(self, on_answer: OnAnswer, row: Row, so_far: list[tuple[str, Extraction]]) -> None:
        """The figures of the newest answer; only that one is scored, beside the others."""
        score = newest_score(so_far, self.questions.concepts, self.score)
        figures = {"score": score, "valid": float(is_valid(row, so_far[-1][1])), "seconds": row["seconds"]}
        rate = row.get("tokens_per_second")
        on_answer(figures if rate is None else {**figures, "tokens_per_second": rate})

    def _write(self, folder: Path, rows: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
        scored = scored_rows(rows, self.questions.concepts, self.score)
        lines = "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in scored)
        (folder / ITEMS).write_text(lines, encoding="utf-8", newline="\n")
        facts = self.candidate.facts()
        content = {
            "kind": "model_survey",
            "digest": self.digest,
            "content_digest": self.content,
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "model": self.candidate.name,
            "model_digest": facts.digest,
            **{name: value for name, value in asdict(facts).items() if name != "digest"},
            "dataset_digest": self.questions.dataset,
            "split": self.questions.split,
            "repeats": self.settings.repeats,
            "options": self.settings.options.model_dump(mode="json"),
            "prompt": DEFAULT_PROMPT.digest,
            **score_figures(scored, self.questions.asked, self.settings.confidence),
            **answering_figures(scored),
        }
        write_json(folder / SURVEY, content)
        keys = ("kind", "digest", "content_digest", "created_at", "model", "model_digest", "dataset_digest", "split")
        return {key: content[key] for key in keys}


@contextmanager
def alone_on_device(candidate: Candidate, home: Home, domain: str, progress: Progress) -> Iterator[None]:
    """Have the device to oneself where it is this process that computes."""
    if candidate.device is None:
        yield
        return
    does = f"surveys {candidate.name} for {domain}"
    with device_lease(home, candidate.device, does, on_wait=lambda sentence: progress(sentence, 0)):
        yield

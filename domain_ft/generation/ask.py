"""A model asked about each passage of a document; its answers are kept, and read anew for every result.

An answer that cannot be used is asked for again with another seed; the passage of which none came is kept as a failure,
so that it is not asked about again unless that is wanted. What the server failed to answer at all is no such failure.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain_ft.documents.document import Document
from domain_ft.documents.passages import Passage
from domain_ft.faults import faults_as_sentences
from domain_ft.generation.answers import WHY, AnsweredPair, Failure, UnusableAnswerError, answered_pairs
from domain_ft.generation.question import answer_schema, as_in_passage, messages, prompt_digest
from domain_ft.generation.settings import GenerationSettings
from domain_ft.llm.asking import answer_figures, ask_each, with_patience
from domain_ft.llm.kept import kept_answers
from domain_ft.llm.protocol import (
    Generation,
    GenerationError,
    GenerationOptions,
    Generator,
    GeneratorUnavailableError,
)
from domain_ft.progress import Progress
from domain_ft.store.digests import sha256_json, short

_PAUSE_S = 0.5
"""Before the first further try; twice as long before each one after it."""
_MOST_IN_A_ROW = 5
"""Passages without any answer after each other: then it is the server, and nothing is asked any more."""
_WARMER = 0.3
"""Temperature of further tries where it is 0: with another seed alone the same would be said again."""


@dataclass(frozen=True)
class Asked:
    """A model, and how it is asked; equal askings give equal digests."""

    generator: Generator
    weights: str
    """The digest of the model, which another one of the same name does not have."""
    settings: GenerationSettings
    pause: Callable[[float], object] = time.sleep
    unanswered: list[str] = field(default_factory=list, compare=False)
    """Why the last passages got no answer at all; empty once one came."""

    @property
    def digest(self) -> str:
        """Of all that an answer depends on, beside the passage."""
        options = self.settings.options.model_dump(mode="json")
        prompt = prompt_digest(self.settings.per_passage)
        return short(sha256_json([self.generator.model, self.weights, options, prompt]))


@dataclass(frozen=True)
class Answer:
    """What came of asking about a passage: `pairs`, or the kind of failure."""

    passage: Passage
    created_at: str
    pairs: tuple[AnsweredPair, ...] = ()
    failure: Failure | None = None
    why: str = ""


@dataclass(frozen=True)
class Answers:
    """What came of asking about a document's passages, once each; `resumed` of them had been asked about before."""

    answers: tuple[Answer, ...]
    resumed: int


def ask_about(
    document: Document, passages: Sequence[Passage], asked: Asked, kept: Path, progress: Progress, again: bool = False
) -> Answers:
    """Ask once about each passage that has not been answered, however often the document repeats it.

    With `again`, those whose answers could not be used are asked about, too.

    DomainFtError where the server is gone for longer than the patience or fails at one passage after the other, or
    where another process asks about the same.
    """
    distinct: dict[str, Passage] = {}
    for passage in passages:
        distinct.setdefault(short(passage.digest), passage)
    questions = list(distinct.items())
    with faults_as_sentences(kept), kept_answers(kept, asked.digest) as answered:
        asked_before = {key: answered[key].get("failed") for key, _ in questions if key in answered}
        failed = {key for key, kind in asked_before.items() if kind == "no_answer" or (again and kind)}
        resumed = ask_each(questions, answered, lambda passage: _row(document, passage, asked), progress, failed)
        return Answers(tuple(_answer(passage, answered[key]) for key, passage in questions), resumed)


def _row(document: Document, passage: Passage, asked: Asked) -> dict[str, Any]:
    """What is kept of a passage: an answer that can be used, or the last failure; `tries` says how each try ended."""
    tries: list[str] = []
    row: dict[str, Any] = {}
    for number in range(asked.settings.tries):
        if number:
            asked.pause(_PAUSE_S * 2 ** (number - 1))
        try:
            row = _once(document, passage, asked, number)
        except GeneratorUnavailableError:
            raise
        except GenerationError as error:
            row = {"failed": "no_answer", "why": str(error)}
        tries.append(row.get("failed", "answered"))
        if "failed" not in row:
            break
    _note(asked, row)
    return {**row, "tries": tries, "created_at": datetime.now(UTC).isoformat(timespec="seconds")}


def _note(asked: Asked, row: dict[str, Any]) -> None:
    """GeneratorUnavailableError where too many passages in a row got no answer at all."""
    if row.get("failed") != "no_answer":
        asked.unanswered.clear()
        return
    asked.unanswered.append(row["why"])
    if len(asked.unanswered) == _MOST_IN_A_ROW:
        raise GeneratorUnavailableError(f"{_MOST_IN_A_ROW} passages in a row got no answer: {row['why']}")


def _once(document: Document, passage: Passage, asked: Asked, number: int) -> dict[str, Any]:
    settings = asked.settings
    said = messages(passage, document.title, settings.per_passage)
    options, schema = _options(settings.options, number), answer_schema(settings.per_passage)

    def generate() -> Generation:
        return asked.generator.generate(said, options, schema)

    answer = with_patience(generate, settings.patience_s, asked.pause)
    row = {"answer": answer.text, "seed": options.seed, **answer_figures(answer)}
    try:
        answered_pairs(answer.text, answer.done_reason)
    except UnusableAnswerError as error:
        return {**row, "failed": error.kind, "why": WHY[error.kind]}
    return row


def _options(options: GenerationOptions, number: int) -> GenerationOptions:
    """Those of the try of this number, from 0."""
    warmer = {"temperature": _WARMER} if number and not options.temperature else {}
    return options.model_copy(update={"seed": options.seed + number, **warmer})


def _answer(passage: Passage, row: dict[str, Any]) -> Answer:
    if "failed" in row:
        return Answer(passage, row["created_at"], failure=row["failed"], why=row.get("why", ""))
    try:
        pairs = answered_pairs(row["answer"], row["done_reason"])
    except UnusableAnswerError as error:  # kept by a version that took what this one refuses
        return Answer(passage, row["created_at"], failure=error.kind, why=WHY[error.kind])
    said = passage.text
    meant = (AnsweredPair(as_in_passage(each.question, said), as_in_passage(each.answer, said)) for each in pairs)
    return Answer(passage, row["created_at"], tuple(meant))

"""An arm of the comparison: a model, how it is asked, and its answers, kept as they come and published whole.

Answers are named by all that they depend on, so that an arm that was asked the same before is not asked again, and one
that was stopped goes on.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

from domain_ft.comparison.settings import ComparisonSettings
from domain_ft.errors import DomainFtError
from domain_ft.faults import faults_as_sentences
from domain_ft.llm.kept import KeptAnswers, kept_answers
from domain_ft.llm.local import LocalGenerator
from domain_ft.llm.protocol import Generation, GenerationError
from domain_ft.progress import Progress, silent
from domain_ft.requirements.prompt import DEFAULT_PROMPT, PromptTemplate
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import is_sound, publish_folder, remove_folder
from domain_ft.survey.answers import answered_row, failed_row
from domain_ft.survey.questions import Question

ArmName = Literal["base", "base_optimized", "candidate", "candidate_optimized", "champion"]
BASE: Final = "base"
CANDIDATE: Final = "candidate"
CHAMPION: Final = "champion"
ITEMS, KEPT = "items.jsonl", "answers.jsonl"
_ANSWERS_VERSION = 2
"""Raised when the same model asked the same would answer otherwise."""


@dataclass(frozen=True)
class Arm:
    """A way to have questions answered by a model; `digest` is that of all that the model computes with."""

    name: ArmName
    meaning: str
    digest: str
    load: Callable[[], LocalGenerator]
    prompt: PromptTemplate = DEFAULT_PROMPT


@dataclass(frozen=True)
class ArmAnswers:
    """What an arm answered: the rows are all questions once, then all of them again."""

    path: Path
    digest: str
    rows: tuple[dict[str, Any], ...]
    reused: bool
    resumed: int
    """Answers that an earlier run had kept."""


def ask_arm(
    arm: Arm,
    questions: Sequence[Question],
    settings: ComparisonSettings,
    home: Home,
    domain: str,
    progress: Progress = silent,
) -> ArmAnswers:
    """Ask an arm's model what it was not asked yet, several questions at once, and publish its answers.

    The model is loaded only where something is to be asked. DomainFtError where it is replaced meanwhile.
    """
    digest = answers_digest(arm, questions, settings)
    target, work = home.answers(domain) / digest, home.answering(domain) / digest
    if is_sound(target):
        return ArmAnswers(target, digest, _read(target), True, 0)
    keys = [(f"{number}.{repeat}", question, repeat) for repeat in range(settings.repeats)
            for number, question in enumerate(questions)]  # fmt: skip
    with faults_as_sentences(work), kept_answers(work / KEPT, digest) as answered:
        resumed = len(answered)
        _ask(arm, keys, answered, settings, progress)
        rows = [answered[key] for key, _, _ in keys]
        publish_folder(target, lambda folder: _write(folder, arm, digest, rows))
        remove_folder(work)
    return ArmAnswers(target, digest, tuple(rows), False, resumed)


def answers_digest(arm: Arm, questions: Sequence[Question], settings: ComparisonSettings) -> str:
    """Equal for equal answers: the model, how it is asked, and what."""
    asked = [[question.name, question.concept] for question in questions]
    options = settings.options.model_dump(mode="json")
    return short(sha256_json([_ANSWERS_VERSION, arm.digest, arm.prompt.digest, asked, settings.repeats, options]))


def _ask(
    arm: Arm,
    keys: Sequence[tuple[str, Question, int]],
    answered: KeptAnswers,
    settings: ComparisonSettings,
    progress: Progress,
) -> None:
    step = f"ask {arm.name}"
    progress(step, len(answered), len(keys))
    left = iter([each for each in keys if each[0] not in answered])
    generator = None
    while batch := list(islice(left, settings.batch_size)):
        generator = generator or arm.load()
        if generator.digest != arm.digest:
            raise DomainFtError(f"{arm.name}: its model was replaced meanwhile; compare again")
        for (key, _, _), row in zip(batch, _rows(generator, arm, batch, settings), strict=True):
            answered.keep(key, row)
        progress(step, len(answered), len(keys))


def _rows(
    generator: LocalGenerator, arm: Arm, batch: Sequence[tuple[str, Question, int]], settings: ComparisonSettings
) -> list[dict[str, Any]]:
    """Answers of one repeat are drawn with one seed; a batch that spans two is asked in two parts."""
    rows: list[dict[str, Any]] = []
    for repeat in sorted({repeat for _, _, repeat in batch}):
        asked = [question for _, question, of in batch if of == repeat]
        options = settings.options.model_copy(update={"seed": settings.options.seed + repeat})
        began = time.monotonic()
        answers = generator.generate_batch([arm.prompt.messages(each.concept) for each in asked], options)
        each_s = (time.monotonic() - began) / len(asked)
        for question, answer in zip(asked, answers, strict=True):
            rows.append(_row(question, repeat, answer, each_s, generator.memory()))
    return rows


def _row(
    question: Question, repeat: int, answer: Generation | GenerationError, seconds: float, memory: int
) -> dict[str, Any]:
    if isinstance(answer, GenerationError):
        return failed_row(question.name, repeat, str(answer), seconds)
    return answered_row(question.name, repeat, answer, memory)


def _write(folder: Path, arm: Arm, digest: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    lines = "".join(f"{json.dumps(row, allow_nan=False)}\n" for row in rows)
    (folder / ITEMS).write_text(lines, encoding="utf-8", newline="\n")
    return {"kind": "answers", "digest": digest, "arm": arm.name, "model": arm.digest, "prompt": arm.prompt.digest}


def _read(folder: Path) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads(line) for line in (folder / ITEMS).read_bytes().split(b"\n") if line)

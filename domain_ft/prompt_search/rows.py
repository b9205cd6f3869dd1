"""The records of a search: some of train, which examples are made from, and some of validation, to score prompts on.

None of them may be one that the benchmark asks about, nor may a prompt be scored on a record that it shows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from domain_ft.drawn import drawn
from domain_ft.errors import InputError
from domain_ft.prompt_search.settings import PromptSearchSettings
from domain_ft.requirement_files.lines import read_lines
from domain_ft.requirements.dataset import CURATED
from domain_ft.requirements.groups import JUDGED
from domain_ft.requirements.rendering import gold_text
from domain_ft.survey.questions import Question, questions_of_dataset
from domain_ft.survey.settings import SurveySettings
from domain_ft.words import normalized


@dataclass(frozen=True)
class SearchRows:
    """What a search may learn from, and what it is judged by."""

    dataset: str
    """The digest of what they come from."""
    train: tuple[tuple[Question, str], ...]
    """Each with its gold answer."""
    validation: tuple[Question, ...]
    concepts: tuple[str, ...]
    """All of train and validation: beside them a word of one concept is rare, or is not."""


def draw_rows(dataset: Path, settings: PromptSearchSettings) -> SearchRows:
    """Draw the records of a search from a published dataset of requirements.

    InputError where train or validation hold none, or one of them stands in test, too.
    """
    if not _has_lines(dataset / "validation.jsonl"):
        raise InputError(
            f"{dataset / 'validation.jsonl'}: holds no record to score prompts on; land more, or give validation a "
            "larger share (dataset.split)"
        )
    found = questions_of_dataset(dataset, SurveySettings(split="validation"))
    validation = drawn(found.asked, settings.validation_limit, settings.seed)
    known = {each.kin.concept: (each, text) for each in found.known if (text := gold_text(each.record)) is not None}
    if not known:
        raise InputError(f"{dataset / 'train.jsonl'}: holds no record with an answer to show; build the dataset again")
    train = drawn(tuple(known.values()), settings.train_limit, settings.seed)
    shown = [question for question, _ in train]
    for part in (JUDGED, CURATED):
        _require_apart(dataset, part, (*shown, *validation))
    _require_unseen(dataset, shown, validation)
    return SearchRows(found.dataset, train, validation, found.concepts)


def _has_lines(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > 0


def _require_apart(dataset: Path, part: str, chosen: Iterable[Question]) -> None:
    file = dataset / f"{part}.jsonl"
    if not _has_lines(file):
        return
    judged = {normalized(line.concept) for line in read_lines(file) if line.concept is not None}
    for question in chosen:
        if question.kin.concept in judged:
            raise InputError(
                f"{file}: holds {question.name} ({question.concept}), which the prompt would be chosen with; build the "
                "dataset again"
            )


def _require_unseen(dataset: Path, shown: Iterable[Question], validation: Iterable[Question]) -> None:
    concepts = {question.kin.concept for question in shown}
    for question in validation:
        if question.kin.concept in concepts:
            raise InputError(
                f"{dataset}: {question.name} ({question.concept}) stands in train and in validation; build the dataset "
                "again"
            )

"""What every model of a survey is asked: the concepts of a dataset's split, or of a file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.errors import InputError
from domain_ft.requirement_files.lines import read_lines
from domain_ft.requirements.dataset import MADE_FROM
from domain_ft.requirements.groups import Kin
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft.requirements.score import SCORE_VERSION
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.requirements.settings import RequirementSplitSettings
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.publish import read_manifest, verify_folder
from domain_ft.survey.settings import SurveySettings

SURVEY_VERSION = 1
"""Raised when the same answers would come to other figures."""


@dataclass(frozen=True)
class Question:
    """A record of which a model sees the concept alone."""

    name: str
    concept: str
    kin: Kin
    record: Mapping[str, Any]

    def is_kin(self, other: "Question") -> bool:
        """Whether two questions are of one family: their answers say nearly the same."""
        same_family = self.kin.family is not None and self.kin.family == other.kin.family
        return same_family or self.kin.concept == other.kin.concept


@dataclass(frozen=True)
class Questions:
    """The questions, and the records beside them, of which no model is asked."""

    source: Path
    dataset: str
    """The digest of what they come from."""
    split: str | None
    """None where they come from a file."""
    asked: tuple[Question, ...]
    of: int
    """How many there are without a limit."""
    known: tuple[Question, ...]
    """Records whose answers may be copied to questions that are not of their family."""
    concepts: tuple[str, ...]
    """All that there are: beside them a word of one concept is rare, or is not."""


def questions_of_dataset(dataset: Path, settings: SurveySettings) -> Questions:
    """The questions in a published dataset's split; InputError where there are none, or it is another kind of dataset.

    What may be copied are its training records.
    """
    manifest = read_manifest(dataset)
    if manifest.get("made_from") != MADE_FROM:
        raise InputError(f"{dataset}: is no dataset of requirements; name one, or a JSONL file of records")
    verify_folder(dataset)
    split = manifest.get("settings", {}).get("split", {})
    pattern = split.get("family_pattern", RequirementSplitSettings().family_pattern)
    train = _records(dataset / "train.jsonl", pattern)
    found = train if settings.split == "train" else _records(dataset / f"{settings.split}.jsonl", pattern)
    beside = () if found is train else train
    return _questions(dataset, str(manifest["digest"]), settings.split, found, train, (*found, *beside), settings.limit)


def questions_of_file(file: Path, settings: SurveySettings) -> Questions:
    """The questions in a JSONL file of records; InputError where a line is no record with a concept.

    What may be copied are the file's other records.
    """
    found = _records(file, RequirementSplitSettings().family_pattern)
    content = [[each.name, each.concept, each.record.get("requirements")] for each in found]
    return _questions(file, short(sha256_json(content)), None, found, found, found, settings.limit)


def content_digest(questions: Questions, settings: SurveySettings, score: ScoreSettings) -> str:
    """Equal wherever the figures of models may stand side by side: what is asked, how, and how answers are scored.

    How long an answer may take is part of it, for one that takes longer counts as none.
    """
    return short(
        sha256_json(
            [
                SURVEY_VERSION,
                SCORE_VERSION,
                questions.dataset,
                questions.split,
                len(questions.asked),
                settings.repeats,
                settings.options.model_dump(mode="json"),
                settings.ollama.timeout_s,
                DEFAULT_PROMPT.digest,
                score.model_dump(mode="json"),
            ]
        )
    )


def _records(file: Path, pattern: str) -> tuple[Question, ...]:
    found = []
    for line in read_lines(file):
        if line.record is None or line.concept is None:
            raise InputError(f"{file}:{line.number}: is no record with a concept; give it one, or leave it out")
        found.append(Question(line.name, line.concept, Kin.of(line.record, pattern), line.record))
    return tuple(found)


def _questions(
    source: Path,
    dataset: str,
    split: str | None,
    found: tuple[Question, ...],
    known: tuple[Question, ...],
    every: Iterable[Question],
    limit: int | None,
) -> Questions:
    if not found:
        raise InputError(f"{source}: there is no record{f' in {split}.jsonl' if split else ''} to ask about")
    concepts = tuple(dict.fromkeys(each.concept for each in every))
    return Questions(source, dataset, split, found[:limit], len(found), known, concepts)

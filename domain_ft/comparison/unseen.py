"""The questions that nobody among the models has learned from: a champion was trained on a dataset of its own."""

from dataclasses import replace
from pathlib import Path

from domain_ft.errors import DomainFtError
from domain_ft.requirements.groups import Kin
from domain_ft.requirements.settings import RequirementSplitSettings
from domain_ft.store.publish import is_published, read_manifest
from domain_ft.survey.questions import Questions, questions_of_dataset
from domain_ft.survey.settings import SurveySettings
from domain_ft.texts.near_duplicates import near_duplicates


def unseen_by(questions: Questions, name: str, trained_on: Path) -> Questions:
    """The questions without those that a model was trained on or chosen by: the same concept, nearly the same, or one
    of the same family.

    Judged on validation, which checkpoints were chosen by anyway, only its training counts. DomainFtError where that
    dataset is gone, or nothing is left to ask.
    """
    if trained_on.name == questions.source.name:
        return questions
    if not is_published(trained_on):
        raise DomainFtError(
            f"{trained_on}: what {name} was trained on is gone, so it cannot be judged fairly; restore the dataset"
        )
    seen = _seen(trained_on, questions.split)
    families = {one.family for one in seen if one.family is not None}
    known = _alike(questions, [one.concept for one in seen])
    left = tuple(each for each in questions.asked if each.kin.concept not in known and each.kin.family not in families)
    if not left:
        raise DomainFtError(
            f"{name} has learned from every concept that is asked about, so nothing can be compared; bring records of "
            "other concepts"
        )
    return replace(questions, asked=left)


def _seen(dataset: Path, judged: str | None) -> list[Kin]:
    parts = ("train",) if judged == "validation" else ("train", "validation")
    return [each.kin for part in parts for each in questions_of_dataset(dataset, SurveySettings(split=part)).asked]


def _alike(questions: Questions, seen: list[str]) -> set[str]:
    """The concepts that are asked about and were seen, or nearly so, as the dataset itself tells near duplicates."""
    split = read_manifest(questions.source).get("settings", {}).get("split", {})
    threshold = RequirementSplitSettings.model_validate(split).near_duplicate
    asked = [each.kin.concept for each in questions.asked]
    pairs = near_duplicates([*asked, *seen], threshold)
    return {asked[one] for one, other in pairs if one < len(asked) <= other}.union(set(asked) & set(seen))

"""Answers that take no model, to read a model's score beside: the same one for all, the nearest record's, the gold one.

A model that does not score above the first two is no base to build on.
"""

from collections.abc import Mapping
from typing import Any

from domain_ft.lexical import LexicalIndex
from domain_ft.requirements.answers import answer_of
from domain_ft.requirements.extract import Extraction
from domain_ft.requirements.ids import written
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.requirements.shape import CATEGORIES, PRIORITIES
from domain_ft.survey.answers import scored_extractions
from domain_ft.survey.questions import Questions

CONSTANT, COPIED, GOLD = "constant", "copied", "gold"
MEANINGS: Mapping[str, str] = {
    CONSTANT: "one generic answer to every concept",
    COPIED: "the answer to the nearest concept of another family, by BM25",
    GOLD: "the record's own answer, from which a model is to learn",
}
_SENTENCES = (
    ("Users can sign in and see what concerns them", "Users can search, filter and export what they see"),
    ("Pages answer within two seconds", "Data is encrypted in transit and at rest"),
    ("The solution follows the law where it is used", "The first release is ready within six months"),
)


def baseline_rows(questions: Questions, score: ScoreSettings) -> dict[str, list[dict[str, Any]]]:
    """The scored answers of each arm; an arm is left out where the records do not have what it takes."""
    found = {CONSTANT: [generic_answer()] * len(questions.asked)}
    found |= {name: each for name, each in ((COPIED, _copied(questions)), (GOLD, _gold(questions))) if each}
    concepts = [each.concept for each in questions.asked]
    return {
        name: scored_extractions(list(zip(concepts, answers, strict=True)), questions.concepts, score)
        for name, answers in found.items()
    }


def generic_answer() -> Extraction:
    """A well-formed answer that is about nothing."""
    lists = {
        category.field: [
            {"id": written(category.prefix, number), "description": text, "priority": PRIORITIES[number - 1]}
            for number, text in enumerate(sentences, 1)
        ]
        for category, sentences in zip(CATEGORIES, _SENTENCES, strict=True)
    }
    text = "A solution that helps people in an organisation to do their daily work together, in one place, with ease."
    return Extraction("raw", {"title": "Business solution", "description": text, **lists})


def _copied(questions: Questions) -> list[Extraction]:
    """The answer of the nearest record of another family."""
    known = [each for each in questions.known if answer_of(each.record).found is not None]
    index = LexicalIndex([each.concept for each in known])
    found = []
    for question in questions.asked:
        ranked = (known[place] for place in (-index.scores(question.concept)).argsort(kind="stable"))
        nearest = next((each for each in ranked if not each.is_kin(question)), None)
        if nearest is None:
            return []
        found.append(answer_of(nearest.record))
    return found


def _gold(questions: Questions) -> list[Extraction]:
    found = [answer_of(each.record) for each in questions.asked]
    return found if all(each.found is not None for each in found) else []

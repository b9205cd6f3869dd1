"""What a champion has learned from is not asked about."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from domain_ft.comparison.unseen import unseen_by
from domain_ft.errors import DomainFtError
from domain_ft.store.digests import short
from domain_ft.store.home import Home
from domain_ft.store.publish import publish_folder
from domain_ft.survey.questions import Questions, questions_of_dataset
from domain_ft.survey.settings import SurveySettings
from domain_ft_tests.landed_requirements import DOMAIN
from domain_ft_tests.requirements.records import sound

FAMILIES = ("ticket desk", "return desk", "lost property", "parcel shelf")


def dataset_concept(number: int) -> str:
    return f"{FAMILIES[number // 10]} for shop {number}"


def dataset(home: Home, name: str, **parts: tuple[int, ...]) -> Path:
    """A published dataset whose parts hold the concepts of those numbers; each family has ten."""

    def line(number: int) -> str:
        return json.dumps({**sound(), "concept_id": f"C-{number}", "concept": dataset_concept(number)})

    def write(folder: Path) -> dict[str, object]:
        for part in ("train", "validation", "test"):
            (folder / f"{part}.jsonl").write_text("".join(f"{line(number)}\n" for number in parts.get(part, ())))
        return {"digest": short(name.ljust(64, "0")), "made_from": "requirements", "settings": {}}

    return publish_folder(home.fixed(DOMAIN) / name, write)


def asked(folder: Path) -> Questions:
    return questions_of_dataset(folder, SurveySettings(split="test"))


def names(questions: Questions) -> list[str]:
    return [each.concept[-2:] for each in questions.asked]


def test_families_of_another_training_are_left_out(home: Home) -> None:
    now = dataset(home, "now", train=(1,), test=(10, 20, 30))
    before = dataset(home, "before", train=(11,), validation=(21,), test=(30,))
    assert names(unseen_by(asked(now), "champion x", before)) == ["30"]


def test_one_that_was_trained_on_the_same_dataset_has_seen_nothing_of_its_test(home: Home) -> None:
    now = dataset(home, "now", train=(1,), test=(10, 20))
    assert unseen_by(asked(now), "champion x", now) == asked(now)


def test_on_validation_only_training_counts(home: Home) -> None:
    now = dataset(home, "now", train=(1,), validation=(10, 20))
    before = dataset(home, "before", train=(11,), validation=(21,))
    questions = questions_of_dataset(now, SurveySettings(split="validation"))
    assert names(unseen_by(questions, "champion x", before)) == ["20"]


def test_nothing_left_to_ask_is_a_sentence(home: Home) -> None:
    now = dataset(home, "now", train=(1,), test=(10,))
    before = dataset(home, "before", train=(11,), validation=(21,))
    with pytest.raises(DomainFtError, match="champion x has learned from every concept that is asked about"):
        unseen_by(asked(now), "champion x", before)


def test_a_champion_whose_dataset_is_gone_cannot_be_judged_fairly(home: Home) -> None:
    now = dataset(home, "now", train=(1,), test=(10,))
    with pytest.raises(DomainFtError, match="what champion x was trained on is gone"):
        unseen_by(asked(now), "champion x", home.fixed(DOMAIN) / "gone")


def test_a_concept_that_is_nearly_one_of_that_training_is_left_out(home: Home) -> None:
    now = dataset(home, "now", train=(1,), test=(10, 20))
    before = dataset(home, "before", train=(11,), validation=(31,))
    questions = asked(now)
    near = replace(questions.asked[1].kin, concept=f"{dataset_concept(11)}!", family=None)
    one = replace(questions, asked=(questions.asked[1], replace(questions.asked[1], kin=near)))
    assert unseen_by(one, "champion x", before).asked == one.asked[:1]

"""What is asked: the records of a split or of a file, and what tells one survey from another."""

import json
from pathlib import Path

import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.requirements.score_settings import ScoreSettings
from domain_ft.store.home import Home
from domain_ft.survey.questions import content_digest, questions_of_dataset, questions_of_file
from domain_ft.survey.settings import SurveySettings
from domain_ft_tests.survey.conftest import RECORDS, TRAIN, VALIDATION, publish_dataset

ALL = SurveySettings()


def written(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_a_dataset_asks_about_its_split_and_knows_its_training_records(dataset: Path) -> None:
    found = questions_of_dataset(dataset, ALL)
    assert [each.concept for each in found.asked] == [record["concept"] for record in VALIDATION]
    assert [each.concept for each in found.known] == [record["concept"] for record in TRAIN]
    assert set(found.concepts) == {record["concept"] for record in RECORDS}


@pytest.mark.parametrize(("split", "count"), [("train", len(TRAIN)), ("test", 1)])
def test_another_split_may_be_asked_about(dataset: Path, split: str, count: int) -> None:
    found = questions_of_dataset(dataset, SurveySettings.model_validate({"split": split}))
    assert (found.split, len(found.asked)) == (split, count)


def test_a_dataset_that_was_altered_is_not_asked_about(dataset: Path) -> None:
    (dataset / "train.jsonl").write_text("")
    with pytest.raises(DomainFtError, match=r"train\.jsonl: altered since it was published"):
        questions_of_dataset(dataset, ALL)


def test_a_split_without_records_is_refused(home: Home) -> None:
    with pytest.raises(InputError, match=r"validation\.jsonl: is empty"):
        questions_of_dataset(publish_dataset(home, "e" * 12, []), ALL)


def test_a_limit_that_all_records_fit_into_changes_nothing(dataset: Path) -> None:
    digests = {
        content_digest(questions_of_dataset(dataset, settings), settings, ScoreSettings())
        for settings in (ALL, SurveySettings(limit=len(VALIDATION)), SurveySettings(limit=999))
    }
    assert len(digests) == 1


def test_a_file_is_known_by_what_it_says(tmp_path: Path) -> None:
    record = {"concept_id": "a", "concept": "A desk", "requirements": {"title": "x"}}
    plain = written(tmp_path / "a.jsonl", json.dumps(record))
    spaced = written(tmp_path / "b.jsonl", "", json.dumps(record, indent=None, separators=(", ", " : ")))
    other = written(tmp_path / "c.jsonl", json.dumps({**record, "concept": "A till"}))
    digests = [questions_of_file(file, ALL).dataset for file in (plain, spaced, other)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize("line", ['{"id": "x"}', '{"concept": ""}', '{"concept": 3}', "[1]", '{"concept": "a"'])
def test_a_line_that_is_no_record_is_named(tmp_path: Path, line: str) -> None:
    file = written(tmp_path / "c.jsonl", '{"concept": "A"}', line)
    with pytest.raises(InputError, match=r"c\.jsonl:2: is no record with a concept"):
        questions_of_file(file, ALL)


def test_a_file_of_blank_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"c\.jsonl: has no rows"):
        questions_of_file(written(tmp_path / "c.jsonl", "", ""), ALL)

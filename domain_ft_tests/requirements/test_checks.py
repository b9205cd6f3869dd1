"""The checks of a dataset of requirements: each passes on what was built, and fails on what somebody changed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain_ft.landing.ingest import ingest_files
from domain_ft.landing.settings import RequirementSource
from domain_ft.requirements.checks import evaluate_grounding, evaluate_requirements_dataset
from domain_ft.requirements.dataset import build_requirements_dataset
from domain_ft.requirements.settings import RequirementDatasetSettings
from domain_ft_tests.landed_requirements import made

Record = dict[str, Any]
Change = Callable[[list[Record]], list[Record]]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    file = tmp_path / "r.jsonl"
    file.write_text("".join(f"{json.dumps(record)}\n" for record in made(120)))
    raw = ingest_files(
        [file],
        domain="requirements",
        source=RequirementSource(),
        raw=tmp_path / "raw",
        quarantine=tmp_path / "quarantine",
    )
    return build_requirements_dataset(raw.path, tmp_path / "fixed", RequirementDatasetSettings()).path


def failed(dataset: Path) -> dict[str, str]:
    """Name -> severity of the checks that fail."""
    return {each.name: each.severity for each in evaluate_requirements_dataset(dataset) if not each.passed}


def change(dataset: Path, part: str, how: Change) -> None:
    file = dataset / f"{part}.jsonl"
    records = how([json.loads(line) for line in file.read_text().splitlines()])
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records))


def test_a_dataset_as_it_was_built_passes_every_check_in_this_order(dataset: Path) -> None:
    assert failed(dataset) == {}
    names = [each.name for each in evaluate_requirements_dataset(dataset)]
    assert names == ["ids", "counts", "leakage", "duplicates", "grounding"]


def nearly_alike(records: list[Record]) -> list[Record]:
    """Each record beside one that differs in a word of its title."""
    twins = [json.loads(json.dumps(record)) for record in records]
    for twin in twins:
        twin["concept_id"] += "-b"
        twin["concept"] += " once"
        twin["requirements"]["title"] += " once"
    return [*records, *twins]


def test_near_duplicates_are_looked_for_as_the_audit_looks_for_them(dataset: Path) -> None:
    change(dataset, "train", nearly_alike)
    found = {
        alike: {each.name: each for each in evaluate_requirements_dataset(dataset, alike)}["duplicates"].passed
        for alike in (0.8, None)
    }
    assert found == {0.8: False, None: True}


def with_id(records: list[Record], identifier: str) -> list[Record]:
    records[0]["requirements"]["constraints"][0]["id"] = identifier
    return records


def without(records: list[Record], name: str) -> list[Record]:
    del records[0]["requirements"][name]
    return records


@pytest.mark.parametrize("identifier", ["C1", "FR001", "C002", "C007"])
def test_a_faulty_id_blocks(dataset: Path, identifier: str) -> None:
    change(dataset, "train", lambda records: with_id(records, identifier))
    assert failed(dataset) == {"ids": "error"}


@pytest.mark.parametrize("name", ["title", "constraints"])
def test_a_part_that_is_missing_blocks(dataset: Path, name: str) -> None:
    change(dataset, "test", lambda records: without(records, name))
    assert failed(dataset)["counts"] == "error"


def test_a_record_that_is_gone_blocks(dataset: Path) -> None:
    change(dataset, "train", lambda records: records[1:])
    assert failed(dataset) == {"counts": "error"}


def test_a_family_that_is_divided_blocks(dataset: Path) -> None:
    (stolen, *_) = [json.loads(line) for line in (dataset / "test.jsonl").read_text().splitlines()]
    change(dataset, "train", lambda records: [*records[1:], stolen])
    assert failed(dataset)["leakage"] == "error"


def test_many_records_that_say_the_same_are_a_warning(dataset: Path) -> None:
    change(dataset, "train", lambda records: [records[0]] * len(records))
    assert failed(dataset) == {"duplicates": "warning"}


@pytest.mark.parametrize(
    ("grounding", "passed"), [([1.0] * 9 + [0.4], True), ([1.0] * 8 + [0.4] * 2, False), ([], True)]
)
def test_records_that_hardly_speak_of_their_concepts_are_a_warning(grounding: list[float], passed: bool) -> None:
    outcome = evaluate_grounding(grounding)
    assert (outcome.passed, outcome.severity) == (passed, "warning")

"""Landed records become a dataset that is sound, divided by family, and published whole; nothing is lost on the way."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import DomainFtError, InputError
from domain_ft.landing.ingest import ingest_files
from domain_ft.landing.settings import RequirementSource
from domain_ft.mining.result import DatasetResult
from domain_ft.requirements.dataset import build_requirements_dataset
from domain_ft.requirements.division import LIKENESSES
from domain_ft.requirements.issues import issues_of
from domain_ft.requirements.settings import RequirementDatasetSettings
from domain_ft_tests.landed_requirements import made, with_short_ids
from domain_ft_tests.requirements.records import sound


def landed(folder: Path, *records: dict[str, Any]) -> Path:
    file = folder / "r.jsonl"
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    source = RequirementSource()
    quarantine = folder / "quarantine"
    return ingest_files([file], domain="requirements", source=source, raw=folder / "raw", quarantine=quarantine).path


def build(folder: Path, *records: dict[str, Any], curated: Path | None = None, **settings: Any) -> DatasetResult:
    chosen = RequirementDatasetSettings.model_validate({"minimum": 1, **settings})
    return build_requirements_dataset(landed(folder, *records), folder / "fixed", chosen, curated)


def curated_file(folder: Path, *records: dict[str, Any], name: str = "curated.jsonl") -> Path:
    (folder / name).write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return folder / name


def read(result: DatasetResult, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (result.path / f"{name}.jsonl").read_bytes().split(b"\n") if line]


def parts(result: DatasetResult) -> list[dict[str, Any]]:
    return [record for name in ("train", "validation", "test") for record in read(result, name)]


def test_every_record_is_in_one_part_or_in_quarantine(tmp_path: Path) -> None:
    broken = made(60)[:1]
    broken[0]["requirements"]["constraints"] = []
    result = build(tmp_path, *broken, *made(60)[1:])
    assert sum(result.counts.values()) == 59 == len(parts(result))
    (aside,) = read(result, "quarantine")
    assert aside["reasons"][0]["kind"] == "min_requirements_violations"


def test_what_is_published_is_sound_scored_and_tells_its_repairs(tmp_path: Path) -> None:
    records = made(60)
    result = build(tmp_path, with_short_ids(records[0]), *records[1:])
    assert all(issues_of(record) == () for record in parts(result))
    assert {record["score"] for record in parts(result)} == {1.0}
    (diff,) = read(result, "diff")
    assert {change["rule"] for change in diff["changes"]} == {"id_format"}


def test_no_family_stands_in_two_parts(tmp_path: Path) -> None:
    result = build(tmp_path, *made(120))
    homes = {name: {record["family"] for record in read(result, name)} for name in ("train", "validation", "test")}
    assert sum(len(each) for each in homes.values()) == len(set().union(*homes.values()))
    assert set(result.leakage.values()) == {0}


def test_curated_records_are_published_beside_the_parts_and_nothing_like_them_is_learned(tmp_path: Path) -> None:
    record = made(60)[0]
    curated = {**record, "concept": record["concept"].upper()}
    result = build(tmp_path, *made(60), curated=curated_file(tmp_path, curated))
    (kept,) = read(result, "curated")
    assert (kept["concept_id"], kept["concept"]) == (curated["concept_id"], curated["concept"])
    learned = [*read(result, "train"), *read(result, "validation")]
    assert record["family"] not in {each["family"] for each in learned}
    funnel = {row.name: row.count for row in result.funnel}
    assert funnel["records_curated"] == 1
    assert len(parts(result)) == 60 - sum(funnel[f"left_out_{like}_curated"] for like in LIKENESSES)


def test_curated_records_have_the_form_and_the_scores_of_the_others(tmp_path: Path) -> None:
    (kept,) = read(build(tmp_path, *made(60), curated=curated_file(tmp_path, sound()), fix={"form": "yaml"}), "curated")
    assert isinstance(kept["requirements"]["constraints"], str)
    assert 0 < kept["score"] < 1
    assert kept["legacy_score"] > 0


def test_another_evaluation_file_is_another_dataset_and_another_path_to_it_is_not(tmp_path: Path) -> None:
    record = made(61)[60]
    first = build(tmp_path, *made(60), curated=curated_file(tmp_path, record), evaluation_file="a.jsonl")
    moved = curated_file(tmp_path, record, name="moved.jsonl")
    assert build(tmp_path, *made(60), curated=moved, evaluation_file="moved.jsonl").digest == first.digest
    changed = {**record, "requirements": {**record["requirements"], "title": "Another title for it"}}
    others = [build(tmp_path, *made(60), curated=curated_file(tmp_path, changed)), build(tmp_path, *made(60))]
    assert len({each.digest for each in (first, *others)}) == 3


def test_an_evaluation_file_that_leaves_nothing_to_learn_from_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        InputError,
        match=r"in 60 records of \d+ families of concepts, \d+ of them left out",
    ):
        build(tmp_path, *made(60), curated=curated_file(tmp_path, *made(60)))


def test_a_filter_that_lets_too_few_pass_publishes_nothing(tmp_path: Path) -> None:
    records = made(40)
    for record in records:
        record["requirements"]["title"] = "Short"
    with pytest.raises(DomainFtError, match=r"filter: 0 of 40 rows reach 1"):
        build(tmp_path, *records, filter={"threshold": 1.0, "minimum": 30})
    assert not list((tmp_path / "fixed").glob("*"))


def test_a_filter_leaves_out_what_is_below(tmp_path: Path) -> None:
    records = made(60)
    records[0]["requirements"]["title"] = "Short"
    result = build(tmp_path, *records, filter={"threshold": 0.999})
    assert sum(result.counts.values()) == 59


def test_one_family_cannot_be_divided(tmp_path: Path) -> None:
    records = [{**record, "family": "one"} for record in made(30)]
    with pytest.raises(
        InputError,
        match=r"no honest split is possible: in 30 records of 1 family of concepts, there is",
    ):
        build(tmp_path, *records)


def test_the_same_records_and_settings_are_the_same_dataset(tmp_path: Path) -> None:
    first = build(tmp_path, *made(60))
    again = build(tmp_path, *made(60))
    assert (again.path, again.reused) == (first.path, True)
    assert (tmp_path / "fixed" / "current").resolve() == first.path.resolve()


def test_lists_are_written_as_yaml_text_where_that_is_asked_for(tmp_path: Path) -> None:
    result = build(tmp_path, *made(60), fix={"form": "yaml"})
    assert all(isinstance(record["requirements"]["constraints"], str) for record in parts(result))
    assert {record["score"] for record in parts(result)} == {1.0}

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
from domain_ft.requirements.issues import issues_of
from domain_ft.requirements.settings import RequirementDatasetSettings
from domain_ft_tests.landed_requirements import made, with_short_ids


def landed(folder: Path, *records: dict[str, Any]) -> Path:
    file = folder / "r.jsonl"
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    source = RequirementSource()
    quarantine = folder / "quarantine"
    return ingest_files([file], domain="requirements", source=source, raw=folder / "raw", quarantine=quarantine).path


def build(folder: Path, *records: dict[str, Any], curated: tuple[str, ...] = (), **settings: Any) -> DatasetResult:
    chosen = RequirementDatasetSettings.model_validate({"minimum": 1, **settings})
    return build_requirements_dataset(landed(folder, *records), folder / "fixed", chosen, curated)


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


def test_a_record_of_the_evaluation_set_is_not_trained_on(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    record = read(build(tmp_path / "a", *made(60)), "train")[0]
    result = build(tmp_path / "b", *made(60), curated=(record["concept"].upper(),))
    assert record["concept_id"] not in {each["concept_id"] for each in parts(result)}
    assert {row.name: row.count for row in result.funnel}["records_of_the_evaluation_file"] == 1


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
    with pytest.raises(InputError, match=r"no honest split is possible: the 30 records come to 1 families"):
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

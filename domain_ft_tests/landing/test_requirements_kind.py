"""Requirement records land as they came: objects or YAML text, each once, and the rest in quarantine."""

import json
from pathlib import Path
from typing import Any

from domain_ft.landing.ingest import IngestResult, ingest_files
from domain_ft.landing.quarantine import read_quarantine
from domain_ft.landing.settings import RequirementSource
from domain_ft.requirements.tables import lines_of_table, read_requirements_table
from domain_ft_tests.requirements.records import sound


def land(folder: Path, *rows: Any, name: str = "r.jsonl") -> IngestResult:
    file = folder / name
    file.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    return ingest_files(
        [file], domain="requirements", source=RequirementSource(), raw=folder / "raw", quarantine=folder / "quarantine"
    )


def named(name: str, **changes: Any) -> dict[str, Any]:
    return {**sound(**changes), "concept_id": name, "concept": f"A concept called {name}"}


def landed(result: IngestResult) -> dict[str, Any]:
    return {
        line.record["concept_id"]: line.record
        for line in lines_of_table(read_requirements_table(result.path))
        if line.record
    }


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    records = landed(land(tmp_path, {**named("a"), "family": "f", "domain": "d", "synthetic": {"by": "grammar"}}))
    assert records["a"]["requirements"] == sound()["requirements"]
    assert (records["a"]["family"], records["a"]["domain"], records["a"]["synthetic"]) == ("f", "d", {"by": "grammar"})


def test_yaml_text_stays_text(tmp_path: Path) -> None:
    text = "title: no\ndescription: 12:30"
    assert landed(land(tmp_path, {**named("a"), "requirements": text}))["a"]["requirements"] == text


def test_a_record_that_says_what_another_says_is_a_duplicate(tmp_path: Path) -> None:
    result = land(tmp_path, named("a"), {**named("a"), "score": 0.1}, named("b"))
    assert (result.read, result.accepted, result.duplicates) == (3, 2, 1)


def test_the_same_file_again_adds_nothing(tmp_path: Path) -> None:
    first = land(tmp_path, named("a"))
    assert land(tmp_path, named("a")).reused
    assert land(tmp_path, named("a"), name="other.jsonl").digest == first.digest


def test_a_record_without_its_parts_lies_in_quarantine(tmp_path: Path) -> None:
    nameless, empty = named("a"), {**named("b"), "requirements": None}
    del nameless["concept"]
    result = land(tmp_path, nameless, empty, named("c"))
    assert (result.read, result.accepted, result.rejected) == (3, 1, 2)
    found = read_quarantine(tmp_path / "quarantine").sort("line")
    assert found["rule"].to_list() == ["concept_missing", "requirements_missing"]


def test_what_is_wrong_within_a_record_is_for_the_audit(tmp_path: Path) -> None:
    result = land(tmp_path, {**named("a"), "requirements": 5}, named("b", constraints=[]))
    assert result.accepted == 2

"""A fixed file holds what could be repaired, in its order; the rest lies beside it, and the input stays."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import InputError
from domain_ft.requirement_files.fix import FixedFile, fix_file
from domain_ft_tests.requirements.records import items, sound


def named(name: str, **changes: Any) -> dict[str, Any]:
    return {**sound(**changes), "concept_id": name, "concept": f"A concept called {name}"}


def short_ids() -> list[dict[str, Any]]:
    return [{**each, "id": each["id"].replace("00", "0")} for each in items("C", "One", "Two")]


def written(path: Path, *lines: Any) -> Path:
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


def read(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def fix(folder: Path, *lines: Any, **options: Any) -> FixedFile:
    return fix_file(written(folder / "in.jsonl", *lines), folder / "out.jsonl", **options)


def test_what_can_be_repaired_stands_in_its_order(tmp_path: Path) -> None:
    fixed = fix(tmp_path, named("b", constraints=short_ids()), named("a"), named("c", constraints=short_ids()))
    assert read(fixed.path) == [
        named("b", constraints=items("C", "One", "Two")),
        named("a"),
        named("c", constraints=items("C", "One", "Two")),
    ]
    assert (fixed.read, fixed.written, fixed.changed, fixed.quarantined) == (3, 3, 2, 0)
    assert fixed.changes == {"id_format": 4}


def test_each_change_is_told_with_its_record(tmp_path: Path) -> None:
    fixed = fix(tmp_path, named("a"), named("b", constraints=short_ids()))
    (told,) = read(fixed.diff)
    assert (told["line"], told["id"]) == (2, "b")
    assert told["changes"][0] == {
        "path": "requirements.constraints[0].id",
        "before": "C01",
        "after": "C001",
        "rule": "id_format",
    }


def test_what_cannot_be_repaired_lies_in_quarantine_with_the_reason(tmp_path: Path) -> None:
    few = named("few", constraints=items("C", "One"))
    fixed = fix(tmp_path, few, named("a"), "{", "")
    assert [each["concept_id"] for each in read(fixed.path)] == ["a"]
    first, second = read(fixed.quarantine)
    assert (first["line"], first["id"], first["reasons"][0]["kind"]) == (1, "few", "min_requirements_violations")
    assert json.loads(first["raw"]) == few
    assert (second["line"], second["reasons"][0]["kind"], second["raw"]) == (3, "json_invalid", "{")
    assert (fixed.read, fixed.written, fixed.quarantined) == (3, 1, 2)


def test_sound_records_are_written_in_the_form_asked_for(tmp_path: Path) -> None:
    text = fix(tmp_path, named("a"), form="yaml")
    (record,) = read(text.path)
    assert isinstance(record["requirements"]["constraints"], str)
    back = fix_file(text.path, tmp_path / "back.jsonl", form="objects")
    assert read(back.path) == [named("a")]
    assert (text.changes, back.changes) == ({"form": 3}, {"form": 3})


def test_the_input_stays_as_it_was(tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", named("a", constraints=short_ids()))
    before = source.read_bytes()
    fix_file(source, tmp_path / "out.jsonl")
    assert source.read_bytes() == before


def test_the_input_is_never_the_output(tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", named("a"))
    (tmp_path / "link.jsonl").symlink_to(source)
    with pytest.raises(InputError, match=r"link\.jsonl: is the input itself"):
        fix_file(source, tmp_path / "link.jsonl")


def test_what_was_fixed_is_sound_and_needs_no_fix(tmp_path: Path) -> None:
    once = fix(tmp_path, named("a", constraints=short_ids()))
    assert once.audit.sound
    again = fix_file(once.path, tmp_path / "again.jsonl")
    assert again.changed == 0
    assert again.path.read_bytes() == once.path.read_bytes()


def test_nothing_is_left_beside_the_three_files(tmp_path: Path) -> None:
    fix(tmp_path, named("a"))
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"in.jsonl", "out.jsonl", "out.diff.jsonl", "out.quarantine.jsonl"}


def test_a_record_that_is_sound_keeps_its_bytes(tmp_path: Path) -> None:
    line = json.dumps(named("\u2028 a"), ensure_ascii=False)
    assert fix(tmp_path, line).path.read_text(encoding="utf-8") == f"{line}\n"

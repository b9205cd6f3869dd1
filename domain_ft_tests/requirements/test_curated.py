"""An evaluation file is read whole, or its first wrong row is one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain_ft.errors import InputError
from domain_ft.requirements.curated import read_curated
from domain_ft_tests.requirements.records import items, sound


def written(folder: Path, *lines: Any) -> Path:
    texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    (folder / "c.jsonl").write_bytes(b"".join(text + b"\n" for text in texts))
    return folder / "c.jsonl"


def test_the_records_are_read_as_they_are(tmp_path: Path) -> None:
    file = read_curated(written(tmp_path, sound(), b"", {**sound(), "concept": "Another desk"}))
    assert file.records == (sound(), {**sound(), "concept": "Another desk"})
    assert file.name == "c.jsonl"


def test_the_digest_is_of_what_the_records_say(tmp_path: Path) -> None:
    first = read_curated(written(tmp_path, sound())).digest
    assert read_curated(written(tmp_path, b"\xef\xbb\xbf" + json.dumps(sound(), indent=None).encode())).digest == first
    assert read_curated(written(tmp_path, sound(title="Another title for it"))).digest != first


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", r"c\.jsonl:2: is no record \(json_invalid "),
        (b"[]", r"c\.jsonl:2: is no record \(json_not_object\); mend or remove"),
        (b'{"a": 1, "a": 2}', r"c\.jsonl:2: is no record \(json_duplicate_key 'a'\)"),
        (b'{"a": NaN}', r"c\.jsonl:2: is no record \(json_not_finite 'NaN'\)"),
        (b'{"a": "\xff"}', r"c\.jsonl:2: is no record \(bad_utf8\)"),
        (b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}", r"c\.jsonl:2: is no record \(json_too_deep\)"),
        ({}, r"c\.jsonl:2: concept_id is missing \(got None\); mend that row"),
        ({**sound(), "requirements": 7}, r"c\.jsonl:2: requirements is a number, not an object"),
        (sound(constraints=[{"id": "C1"}] * 2), r"c\.jsonl:2: requirements\.constraints\[0\]\.description is missing"),
        (sound(constraints=items("C", "One")), r"c\.jsonl:2: .* holds fewer than 2 requirements"),
        ({**sound(), "concept": "  returns DESK for a bookshop"}, r"c\.jsonl:2: is about the concept of line 1, too"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, line: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_curated(written(tmp_path, sound(), line))


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"c\.jsonl: has no rows"):
        read_curated(written(tmp_path, b"", b" "))


@pytest.mark.parametrize("name", ["nosuch.jsonl", ""])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_curated(tmp_path / name)

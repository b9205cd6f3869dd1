"""What landed is audited once for each content and settings, and published whole."""

import json
from pathlib import Path

import pytest

from domain_ft.landing.ingest import ingest_files
from domain_ft.landing.settings import RequirementSource
from domain_ft.requirements.raw_audit import MARKDOWN, REPORT, audit_raw
from domain_ft.requirements.settings import RequirementAuditSettings
from domain_ft.store.publish import pointed, read_manifest
from domain_ft_tests.landed_requirements import made, with_short_ids

QUICK = RequirementAuditSettings(token_sample=0)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """Thirty records, two of them with faulty ids."""
    first, second, *others = made(30)
    file = tmp_path / "r.jsonl"
    records = [with_short_ids(first), with_short_ids(second), *others]
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    done = ingest_files(
        [file],
        domain="requirements",
        source=RequirementSource(),
        raw=tmp_path / "raw",
        quarantine=tmp_path / "quarantine",
    )
    return done.path


def test_what_is_wrong_is_counted_with_the_records_concerned(raw: Path, tmp_path: Path) -> None:
    result = audit_raw(raw, tmp_path / "audits", QUICK)
    assert (result.total, result.valid) == (30, 28)
    report = json.loads((result.path / REPORT).read_bytes())
    assert report["id_format_issues"]["records"] == 2 == len(report["id_format_issues"]["ids"])
    assert result.counts["id_format_issues"] == report["id_format_issues"]["count"]
    assert result.as_json()["valid_examples"] == 28


def test_the_audit_is_published_for_people_and_pointed_to(raw: Path, tmp_path: Path) -> None:
    result = audit_raw(raw, tmp_path / "audits", QUICK)
    assert pointed(tmp_path / "audits" / "current") == result.path
    assert "id format issues" in (result.path / MARKDOWN).read_text()
    assert read_manifest(result.path)["raw"] == raw.name


def test_the_same_audit_is_made_once_and_another_one_anew(raw: Path, tmp_path: Path) -> None:
    first = audit_raw(raw, tmp_path / "audits", QUICK)
    again = audit_raw(raw, tmp_path / "audits", QUICK)
    other = audit_raw(raw, tmp_path / "audits", QUICK.model_copy(update={"mojibake": False}))
    assert (first.reused, again.reused, other.reused) == (False, True, False)
    assert (again.path == first.path, other.path == first.path) == (True, False)

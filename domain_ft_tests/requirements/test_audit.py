"""The audit counts what is wrong, names the records concerned, and compares records with one another."""

import json
from typing import Any

from domain_ft.requirements.audit import Audit, AuditReport
from domain_ft.requirements.lines import Line
from domain_ft.requirements.settings import RequirementAuditSettings
from domain_ft_tests.requirements.records import items, sound


def audited(*records: dict[str, Any], **settings: Any) -> AuditReport:
    audit = Audit(RequirementAuditSettings(**{"token_sample": 0, **settings}))
    for number, record in enumerate(records, 1):
        audit.add(Line(number, record, json.dumps(record)))
    return audit.report()


def named(name: str, **changes: Any) -> dict[str, Any]:
    requirements = {"title": f"Title of {name} {name[::-1]}", "description": f"{name} does what {name} {name * 9} does"}
    return {**sound(**{**requirements, **changes}), "concept_id": name, "concept": f"{name} {name * 20}"}


def test_a_sound_set_has_no_finding() -> None:
    report = audited(named("a"), named("b"), near_duplicate=None)
    assert (report.total, report.valid, report.sound) == (2, 2, True)
    assert {finding.count for finding in report.findings.values()} == {0}


def test_issues_are_counted_and_their_records_named_once() -> None:
    short = [{**each, "id": each["id"].replace("00", "0")} for each in items("C", "One", "Two")]
    report = audited(named("a", constraints=short), named("b"), named("c", constraints=short)).as_json()
    assert (report["total_examples"], report["valid_examples"]) == (3, 1)
    assert report["id_format_issues"]["count"] == 4
    assert report["id_format_issues"]["ids"] == ["a", "c"]


def test_examples_say_where_to_look() -> None:
    (example,) = audited(named("a", title=""), examples=1).as_json()["field_completeness_issues"]["examples"]
    assert example == {"id": "a", "line": 1, "path": "requirements.title", "value": "", "why": "is empty"}


def test_an_unreadable_line_counts_as_an_example_that_is_not_valid() -> None:
    audit = Audit(RequirementAuditSettings(token_sample=0))
    audit.add(Line(7, None, "{", "json_invalid"))
    report = audit.report()
    assert (report.total, report.valid) == (1, 0)
    assert list(report.findings["unreadable_lines"].ids) == ["line 7"]


def test_a_record_that_stands_twice_is_told_with_the_first() -> None:
    report = audited(named("a"), named("b"), {**named("a"), "score": 0.1})
    (example,) = report.findings["duplicate_records"].examples
    assert (example.id, example.line, example.why) == ("a", 3, "says what a says")


def test_a_concept_that_stands_twice_is_told() -> None:
    other = {**named("b"), "concept": named("a")["concept"].upper()}
    assert list(audited(named("a"), other).findings["duplicate_concepts"].ids) == ["b"]


def test_records_that_say_nearly_the_same_are_told() -> None:
    nearly = named("a")
    nearly["concept"] += "."
    assert audited(named("a"), nearly, named("b")).findings["near_duplicates"].count == 1


def test_the_search_for_near_duplicates_can_be_left_out() -> None:
    nearly = named("a")
    nearly["concept"] += "."
    assert audited(named("a"), nearly, near_duplicate=None).findings["near_duplicates"].count == 0


def test_texts_of_a_wrong_encoding_are_told() -> None:
    assert audited(named("a", title="Ein Tisch f\u00c3\u00bcr B\u00c3\u00bccher")).findings["mojibake"].count == 1


def test_tokens_of_a_sample_are_counted() -> None:
    lengths = audited(named("a"), named("b"), token_sample=1).token_lengths
    assert lengths["counted"] == 1
    assert lengths["longest"] > 20

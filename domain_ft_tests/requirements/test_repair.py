"""A line ends sound, or set aside with every reason; what it said is in the entry either way."""

import json
from typing import Any

from domain_ft.requirements.lines import Line
from domain_ft.requirements.repair import Repaired, repair
from domain_ft_tests.requirements.records import sound


def repaired(record: dict[str, Any]) -> Repaired:
    return repair(Line(1, record, json.dumps(record)), form="as_given", renumber=False)


def with_id(identifier: Any) -> dict[str, Any]:
    record = sound()
    record["requirements"]["constraints"][0]["id"] = identifier
    return record


def test_a_sound_record_stays_as_it_is() -> None:
    found = repaired(sound())
    assert (found.record, found.changes, found.reasons) == (sound(), (), ())


def test_what_can_be_repaired_is_told_by_place_and_rule() -> None:
    found = repaired(with_id("C1"))
    assert found.record == with_id("C001")
    assert found.told_changes["changes"] == [
        {"path": "requirements.constraints[0].id", "before": "C1", "after": "C001", "rule": "id_format"}
    ]


def test_what_is_still_wrong_after_repairs_sets_the_whole_record_aside_as_it_was() -> None:
    record = with_id("C1")
    record["requirements"]["title"] = ""
    found = repaired(record)
    assert (found.record, found.changes, found.kinds) == (None, (), {"field_completeness_issues"})
    assert json.loads(found.told_reasons["raw"]) == record


def test_a_number_that_three_digits_cannot_hold_is_set_aside_with_the_range() -> None:
    (reason,) = repaired(with_id("C1000")).reasons
    assert (reason["value"], reason["why"]) == ("C1000", "is none of C001 to C999")


def test_a_line_that_is_no_record_is_set_aside_with_its_rule() -> None:
    found = repair(Line(3, None, "{", "not_json", "{"), form="as_given", renumber=False)
    assert (found.kinds, found.told_reasons["raw"]) == ({"not_json"}, "{")

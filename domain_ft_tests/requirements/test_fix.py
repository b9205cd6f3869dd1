"""A repair changes what it says it changes, once, and never the record that it was given."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.requirements.fix import Form, fix_record
from domain_ft.requirements.issues import _issues, is_plainly_sound, issues_of
from domain_ft.requirements.shape import CATEGORIES, read_items
from domain_ft.yaml_text import parse_yaml
from domain_ft_tests.requirements.records import items, sound

ODD = ["no", "010", "12:30", "~", "null", "1e3", "- x", "a: b", "\u2028", "\x85", " x ", "#", "\x00", "\U0001f600", ""]
TEXT = st.text("a:-#'\"\n ", max_size=6) | st.sampled_from(ODD)
VALUE = TEXT | st.sampled_from([None, True, -3, 0, 7, 2000, 1.5])
ID = st.builds(
    "{}{}{}".format, st.sampled_from(["FR", "NFR", "c", "X"]), st.sampled_from(["", "-", " "]), st.integers(0, 2000)
)
MORE = st.lists(VALUE, max_size=2) | st.dictionaries(TEXT, VALUE, max_size=2)
PARTS = {
    "id": ID | st.sampled_from(["RFC2119", "C12H22", "FR\u00b2"]) | VALUE,
    "description": VALUE,
    "priority": st.sampled_from(["high", "High", " LOW", "P1"]) | VALUE,
    "more": MORE,
}
ITEM = st.fixed_dictionaries({}, optional=PARTS) | VALUE
CATEGORY = st.lists(ITEM, max_size=3) | VALUE
RECORDS = st.builds(
    lambda requirements, **others: {**others, "requirements": requirements},
    st.fixed_dictionaries({"title": VALUE}, optional={category.field: CATEGORY for category in CATEGORIES}) | VALUE,
    concept_id=VALUE,
    extra=VALUE,
)
FORMS = st.sampled_from(["as_given", "objects", "yaml"])


@given(record=RECORDS, form=FORMS, renumber=st.booleans())
def test_what_is_fixed_needs_no_fix(record: dict[str, Any], form: Form, renumber: bool) -> None:
    once = fix_record(record, form=form, renumber=renumber)
    again = fix_record(once.record, form=form, renumber=renumber)
    assert again.changes == ()
    assert again.record == once.record


@given(record=RECORDS, form=FORMS, renumber=st.booleans())
def test_the_record_that_was_given_stays_as_it_was(record: dict[str, Any], form: Form, renumber: bool) -> None:
    before = copy.deepcopy(record)
    fix_record(record, form=form, renumber=renumber)
    assert repr(record) == repr(before)


@given(record=RECORDS)
def test_yaml_text_says_what_the_objects_say(record: dict[str, Any]) -> None:
    text = fix_record(fix_record(record, form="objects").record, form="yaml").record
    assert fix_record(fix_record(text, form="objects").record, form="yaml").record == text


@given(record=RECORDS, renumber=st.booleans())
def test_no_repair_makes_anything_else_wrong(record: dict[str, Any], renumber: bool) -> None:
    before = {(issue.kind, issue.path) for issue in issues_of(record)}
    after = {(issue.kind, issue.path) for issue in issues_of(fix_record(record, renumber=renumber).record)}
    assert after <= before


@given(record=RECORDS)
def test_what_is_sound_at_a_glance_has_no_issue_on_a_close_look(record: dict[str, Any]) -> None:
    assert not is_plainly_sound(record) or not tuple(_issues(record))


def test_a_sound_record_is_seen_at_a_glance() -> None:
    assert is_plainly_sound(sound())
    assert tuple(_issues(sound())) == ()


def test_ids_get_three_digits_and_each_is_told() -> None:
    few = [{**each, "id": f"C0{number}"} for number, each in enumerate(items("C", "One", "Two"), 1)]
    fixed = fix_record(sound(constraints=few))
    assert fixed.record == sound(constraints=items("C", "One", "Two"))
    assert [(change.path, change.before, change.after, change.rule) for change in fixed.changes] == [
        ("requirements.constraints[0].id", "C01", "C001", "id_format"),
        ("requirements.constraints[1].id", "C02", "C002", "id_format"),
    ]


def test_a_sound_record_is_handed_back_itself() -> None:
    record = sound()
    assert fix_record(record).record is record


@pytest.mark.parametrize("identifier", ["RFC2119", "C12H22", "FR001"])
def test_an_id_that_may_mean_something_else_is_left_alone(identifier: str) -> None:
    few = [{**each, "id": identifier} for each in items("C", "One", "Two")]
    assert fix_record(sound(constraints=few)).changes == ()


def test_asked_for_every_item_is_numbered_by_its_order() -> None:
    few = [
        {**each, "id": identifier} for each, identifier in zip(items("C", "One", "Two"), ["RFC2119", None], strict=True)
    ]
    fixed = fix_record(sound(constraints=few), renumber=True)
    assert fixed.record == sound(constraints=items("C", "One", "Two"))
    assert {change.rule for change in fixed.changes} == {"renumbered"}


def test_yaml_text_keeps_words_that_yaml_takes_for_something_else() -> None:
    few = items("C", "no", "012", "12:30", "~", "2026-01-01", " - x: y")
    fixed = fix_record(sound(constraints=few), form="yaml")
    text = fixed.record["requirements"]["constraints"]
    assert parse_yaml(text, "text").value == few
    assert read_items(text) == few


def test_yaml_text_in_which_nothing_changes_stays_as_it_was_written() -> None:
    text = "# by hand\n- {id: C001, description: One, priority: Low}\n- {id: C002, description: Two, priority: Low}\n"
    assert fix_record(sound(constraints=text)).changes == ()


def test_a_number_in_an_item_becomes_text_where_yaml_is_asked_for() -> None:
    few = [{**each, "effort": 3} for each in items("C", "One", "Two")]
    fixed = fix_record(sound(constraints=few), form="yaml")
    assert [(change.before, change.after) for change in fixed.changes if change.rule == "text"] == [(3, "3")] * 2

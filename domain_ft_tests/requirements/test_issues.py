"""Each thing that can be wrong with a record is named, by kind and place; nothing else is."""

from typing import Any

import pytest

from domain_ft.requirements.issues import issues_of
from domain_ft_tests.requirements.records import items, sound


def found(record: dict[str, Any]) -> list[tuple[str, str]]:
    return [(issue.kind, issue.path.removeprefix("requirements.")) for issue in issues_of(record)]


def test_nothing_is_wrong_with_a_sound_record() -> None:
    assert found(sound()) == []


def test_lists_may_be_yaml_text() -> None:
    text = "- id: C001\n  description: no\n  priority: Low\n- id: C002\n  description: 12:30\n  priority: Low\n"
    assert found(sound(constraints=text)) == []


@pytest.mark.parametrize("value", [None, "", "  ", 5, ["text"]])
@pytest.mark.parametrize("name", ["title", "description"])
def test_a_text_that_says_nothing_is_a_gap(name: str, value: Any) -> None:
    assert found(sound(**{name: value})) == [("field_completeness_issues", name)]


@pytest.mark.parametrize("name", ["concept_id", "concept", "requirements"])
def test_a_record_without_one_of_its_parts_is_incomplete(name: str) -> None:
    record = sound()
    del record[name]
    assert found(record) == [("field_completeness_issues", name)]


@pytest.mark.parametrize("requirements", [5, True, [], "plain text", "- a\n- b", "a: [", "a: &x 1\nb: *x", "[" * 500])
def test_requirements_that_are_no_object_are_unreadable(requirements: Any) -> None:
    record = {**sound(), "requirements": requirements}
    assert found(record) == [("yaml_validation_errors", "requirements")]


@pytest.mark.parametrize("value", [5, {}, "a: b", "- [", "{{{"])
def test_a_category_that_is_no_list_is_unreadable(value: Any) -> None:
    assert found(sound(constraints=value)) == [("yaml_validation_errors", "constraints")]


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_items_are_too_few(count: int) -> None:
    few = items("C", "One")[:count]
    assert found(sound(constraints=few)) == [("min_requirements_violations", "constraints")]


@pytest.mark.parametrize("name", ["id", "description", "priority"])
def test_an_item_without_one_of_its_texts_is_incomplete(name: str) -> None:
    few = items("C", "One", "Two")
    del few[1][name]
    assert found(sound(constraints=few)) == [("field_completeness_issues", f"constraints[1].{name}")]


def test_an_item_that_is_no_object_is_incomplete() -> None:
    few = [*items("C", "One", "Two"), "Three"]
    assert found(sound(constraints=few)) == [("field_completeness_issues", "constraints[2]")]


@pytest.mark.parametrize("identifier", ["C01", "c001", "C0001", 1])
def test_an_id_in_another_form_is_named_once(identifier: Any) -> None:
    few = [{**items("C", "One")[0], "id": identifier}, items("C", "One", "Two")[1]]
    assert found(sound(constraints=few)) == [("id_format_issues", "constraints[0].id")]


def test_an_id_of_another_category_has_the_wrong_prefix() -> None:
    few = [{**each, "id": each["id"].replace("C", "FR")} for each in items("C", "One", "Two")]
    assert found(sound(constraints=few)) == [
        ("prefix_mismatches", "constraints[0].id"),
        ("prefix_mismatches", "constraints[1].id"),
    ]


def test_an_id_that_stands_twice_is_named_as_it_is_meant() -> None:
    few = [
        {**each, "id": identifier} for each, identifier in zip(items("C", "One", "Two"), ["C001", "C1"], strict=True)
    ]
    assert found(sound(constraints=few)) == [
        ("id_format_issues", "constraints[1].id"),
        ("duplicate_ids", "constraints"),
    ]


@pytest.mark.parametrize("numbers", [(1, 3), (2, 1), (2, 3)])
def test_ids_count_from_one_in_their_order(numbers: tuple[int, int]) -> None:
    few = [{**each, "id": f"C00{number}"} for each, number in zip(items("C", "One", "Two"), numbers, strict=True)]
    assert found(sound(constraints=few)) == [("sequence_gaps", "constraints")]


@pytest.mark.parametrize("priority", ["high", "Critical", "High "])
def test_a_priority_is_one_of_three_words(priority: str) -> None:
    few = [{**each, "priority": priority} for each in items("C", "One", "Two")]
    assert [kind for kind, _ in found(sound(constraints=few))] == ["unknown_priorities"] * 2

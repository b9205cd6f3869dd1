"""Records that belong together are one group, whatever ties them; what a split lets slip is counted."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.requirements.groups import Kin, groups_of, record_leakage
from domain_ft.requirements.settings import RequirementSplitSettings

PATTERN = RequirementSplitSettings().family_pattern
NEAR = 0.8
LONG = "a scheduling platform that plans the shifts of nurses in hospitals"


@pytest.mark.parametrize(
    ("record", "family"),
    [
        ({"concept": "Till for shops", "family": "till"}, "till"),
        ({"concept": "Till for shops"}, "till"),
        ({"concept": "Till for shops", "family": ""}, "till"),
        ({"concept": "Till"}, None),
        ({"concept": 7, "family": 7}, None),
    ],
)
def test_the_family_is_that_of_the_record_else_that_of_its_concept(record: dict[str, object], family: str) -> None:
    assert Kin.of(record, PATTERN).family == family


def groups(*records: Kin) -> list[str]:
    return groups_of(records, NEAR)[0]


def test_a_family_equal_concepts_and_near_ones_tie_records_also_through_others() -> None:
    tied = [Kin("till", "a"), Kin(LONG, "a"), Kin(f"{LONG}s", None), Kin("till", None)]
    assert groups(*tied, Kin("desk", None)) == ["a", "a", "a", "a", "desk"]


def test_a_group_counts_its_records_under_their_most_common_stratum() -> None:
    _, found = groups_of([Kin("x", "a", "shops"), Kin("y", "a", "banks"), Kin("z", "a", "banks")], NEAR)
    assert [(group.name, group.stratum, group.rows) for group in found] == [("a", "banks", 3)]


@given(st.permutations([Kin("till", "a"), Kin("desk", "a"), Kin("lamp", None), Kin("desk", "b")]))
def test_a_group_is_called_the_same_whatever_the_order(records: list[Kin]) -> None:
    named = dict(zip((record.concept for record in records), groups(*records), strict=True))
    assert named == {"till": "a", "desk": "a", "lamp": "lamp"}


def test_each_kind_of_leak_is_counted() -> None:
    placed = [
        (Kin("till", "a"), "train"),
        (Kin("till", "b"), "test"),
        (Kin("lamp", "b"), "train"),
        (Kin(LONG, "c"), "train"),
        (Kin(f"{LONG}s", "d"), "validation"),
    ]
    curated = [Kin("till", "x"), Kin("sofa", "c"), Kin(f"{LONG}es", "y")]
    found = record_leakage(placed, NEAR, curated).as_json()
    assert found == {
        "concepts_in_two_splits": 1,
        "families_in_two_splits": 1,
        "near_concepts_in_two_splits": 1,
        "curated_concepts_learned": 1,
        "curated_families_learned": 1,
        "near_curated_concepts_learned": 2,
    }


def test_what_is_judged_by_may_know_the_evaluation_file() -> None:
    found = record_leakage([(Kin("till", "a"), "test")], NEAR, [Kin("till", "a")])
    assert sum(found.as_json().values()) == 0


def test_the_pattern_that_is_shipped_has_one_group() -> None:
    assert re.compile(PATTERN).groups == 1

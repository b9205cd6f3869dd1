"""Groups are divided by a stable hash, and each split has a fair part of every stratum."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.splits.by_group import Group, joined, split_by_group
from domain_ft.splits.settings import GroupSplitSettings

SHARES = GroupSplitSettings(validation=0.1, test=0.2)


def many(count: int, stratum: str = "s", rows: int = 1) -> list[Group]:
    return [Group(f"{stratum}{number}", stratum, rows) for number in range(count)]


def rows_per_split(groups: list[Group], split: dict[str, str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for group in groups:
        counted[split[group.name]] += group.rows
    return counted


def test_the_shares_are_about_those_asked_for() -> None:
    groups = many(2000)
    counted = rows_per_split(groups, split_by_group(groups, SHARES, 42))
    assert counted["test"] / 2000 == pytest.approx(0.2, abs=0.03)
    assert counted["validation"] / 2000 == pytest.approx(0.1, abs=0.03)


def test_a_group_keeps_its_split_as_others_arrive() -> None:
    before = split_by_group(many(500), SHARES, 42)
    after = split_by_group(many(1000), SHARES, 42)
    assert all(after[name] == split for name, split in before.items())


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_groups_does_not_matter(lot: random.Random) -> None:
    groups = many(30, "a") + many(5, "b", rows=7)
    shuffled = list(groups)
    lot.shuffle(shuffled)
    assert split_by_group(shuffled, SHARES, 1) == split_by_group(groups, SHARES, 1)


@pytest.mark.parametrize("seed", range(10))
def test_a_stratum_of_a_few_groups_has_a_fair_part_in_each_split(seed: int) -> None:
    groups = many(300, "large") + many(9, "small", rows=40)
    split = split_by_group(groups, SHARES, seed)
    small = rows_per_split([group for group in groups if group.stratum == "small"], split)
    assert small["test"] >= 0.1 * 360
    assert small["validation"] >= 0.05 * 360
    assert small["train"] >= 0.3 * 360


@pytest.mark.parametrize("seed", range(10))
def test_a_group_that_is_nearly_everything_is_trained_on(seed: int) -> None:
    groups = [Group("whale", "s", 1000), *many(20)]
    assert split_by_group(groups, SHARES, seed)["whale"] == "train" or seed_holds_out_whale(seed)


def seed_holds_out_whale(seed: int) -> bool:
    """Whether the hash alone has put it elsewhere: what is large is not moved against its hash."""
    return split_by_group([Group("whale", "other", 1000), *many(20)], SHARES, seed)["whale"] != "train"


def test_another_seed_is_another_split() -> None:
    assert split_by_group(many(50), SHARES, 1) != split_by_group(many(50), SHARES, 2)


def test_what_is_linked_is_one_component() -> None:
    assert joined(6, [(0, 3), (3, 4), (5, 5)]) == [0, 1, 2, 0, 0, 5]


def test_nothing_linked_is_nothing_joined() -> None:
    assert joined(3, []) == [0, 1, 2]

"""The succession fits the alias after any kill, and leads back through every champion."""

from hypothesis import given
from hypothesis import strategies as st

from domain_ft.registry.lineage import MOST, decoded, encoded, previous, settled, succeeded

names = st.sampled_from("abcde")
stacks = st.lists(names, max_size=8).map(tuple)


def test_succession_ends_with_the_champion() -> None:
    assert settled(("a", "b", "c"), "b") == ("a", "b")


def test_champion_made_by_hand_is_appended() -> None:
    assert settled(("a", "b"), "z") == ("a", "b", "z")


def test_no_champion_has_no_succession() -> None:
    assert settled(("a", "b"), None) == ()


@given(stacks, names)
def test_settling_twice_changes_nothing(stack: tuple[str, ...], champion: str) -> None:
    once = settled(stack, champion)
    assert once[-1] == champion
    assert settled(once, champion) == once


@given(stacks, names, names)
def test_promotion_killed_before_the_alias_moved_has_not_happened(
    stack: tuple[str, ...], champion: str, candidate: str
) -> None:
    now = settled(stack, champion)
    if candidate != champion:
        assert settled(succeeded(now, candidate), champion) == now
        assert settled(succeeded(now, candidate), candidate) == (*now, candidate)


@given(stacks.filter(lambda stack: len(stack) > 1))
def test_rollback_killed_before_the_succession_was_written_has_happened(stack: tuple[str, ...]) -> None:
    earlier = previous(stack)
    if earlier is not None and earlier != stack[-1]:
        assert settled(stack, earlier) == stack[:-1]


@given(stacks)
def test_tag_value_reads_back(stack: tuple[str, ...]) -> None:
    assert decoded(encoded(stack)) == stack


def test_succession_has_an_end() -> None:
    stack: tuple[str, ...] = ()
    for number in range(MOST + 20):
        stack = succeeded(stack, f"v{number}")
    assert (len(stack), stack[-1]) == (MOST, f"v{MOST + 19}")

"""The order in which changes are tried."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from domain_ft.recording.choice import order_changes
from domain_ft.recording.mutations import Mutation, Scope, mutations_of

SOURCE = b"""
def few(a):
    return a

def many(a):
    b = [1, 2, 3, 4]
    if a < 5:
        b.clear()
    return a + b
"""
MUTATIONS = mutations_of(SOURCE, "mod.py", "mod")
EVERYWHERE = {("mod.py", 2), ("mod.py", 5)}


def functions(order: list[Mutation]) -> list[str]:
    return [each.scope.name for each in order]


@given(shuffled=st.permutations(MUTATIONS), seed=st.integers(0, 5))
def test_the_order_depends_on_the_seed_and_not_on_how_the_changes_come(shuffled: list[Mutation], seed: int) -> None:
    order = order_changes(shuffled, EVERYWHERE, seed)
    assert order == order_changes(MUTATIONS, EVERYWHERE, seed)
    assert Counter(order) == Counter(MUTATIONS)


def test_each_function_has_its_turn_before_any_has_a_second() -> None:
    assert set(functions(order_changes(MUTATIONS, EVERYWHERE, 1))[:2]) == {"few", "many"}


def test_each_kind_of_change_has_its_turn_before_any_has_a_second() -> None:
    order = [each for each in order_changes(MUTATIONS, EVERYWHERE, 1) if each.scope.name == "many"]
    kinds = {each.kind for each in order}
    assert {each.kind for each in order[: len(kinds)]} == kinds


def test_code_that_no_test_calls_comes_last() -> None:
    assert functions(order_changes(MUTATIONS, {("mod.py", 2)}, 1))[0] == "few"
    assert functions(order_changes(MUTATIONS, {("mod.py", 5)}, 1))[-1] == "few"


def test_another_seed_gives_another_order() -> None:
    orders = {tuple(each.start for each in order_changes(MUTATIONS, EVERYWHERE, seed)) for seed in range(5)}
    assert len(orders) > 1


def test_a_module_that_was_imported_counts_as_called() -> None:
    (mutation,) = mutations_of(b"A = 1\n", "other.py", "other")
    assert mutation.scope == Scope("", 0, "")
    assert order_changes([*MUTATIONS, mutation], {("other.py", 0)}, 1)[0] == mutation

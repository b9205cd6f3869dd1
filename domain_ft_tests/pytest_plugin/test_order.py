"""The order of tests, as a rule over places and ranks."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from domain_ft.pytest_plugin.order import Place, arrange, place

PLACES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("abc"), st.sampled_from("fgh")),
        st.tuples(st.sampled_from("abc"), st.sampled_from(["C", "D"]), st.sampled_from("fgh")),
    ),
    max_size=14,
)


def ranks_of(tests: list[Place]) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 20), min_size=len(tests), max_size=len(tests))


@given(PLACES.flatmap(lambda tests: st.tuples(st.just(tests), ranks_of(tests))), st.booleans())
def test_each_test_runs_exactly_once(given_tests: tuple[list[Place], list[int]], inside: bool) -> None:
    tests, ranks = given_tests
    assert sorted(arrange(tests, ranks, inside=inside)) == list(range(len(tests)))


@given(PLACES.flatmap(lambda tests: st.tuples(st.just(tests), ranks_of(tests))))
def test_no_test_overtakes_another_one_of_its_module_unless_told(given_tests: tuple[list[Place], list[int]]) -> None:
    tests, ranks = given_tests
    order = arrange(tests, ranks)
    for module in "abc":
        own = [test for test in order if tests[test][0] == module]
        assert own == sorted(own)


@given(PLACES.flatmap(lambda tests: st.tuples(st.just(sorted(tests)), ranks_of(tests))), st.booleans())
def test_modules_stay_whole_and_the_first_test_of_all_is_in_the_first_module(
    given_tests: tuple[list[Place], list[int]], inside: bool
) -> None:
    tests, ranks = given_tests
    order = arrange(tests, ranks, inside=inside)
    modules = [module for module, _ in groupby(order, key=lambda test: tests[test][0])]
    assert len(modules) == len(set(modules))
    if tests:
        assert min(ranks) in [ranks[test] for test in order if tests[test][0] == modules[0]]


@given(PLACES.flatmap(lambda tests: st.tuples(st.just(sorted(tests)), ranks_of(tests))))
def test_inside_classes_and_functions_stay_whole(given_tests: tuple[list[Place], list[int]]) -> None:
    tests, ranks = given_tests
    order = arrange(tests, ranks, inside=True)
    for depth in (2, 3):
        names = [name for name, _ in groupby(order, key=lambda test: tests[test][:depth])]
        assert len(names) == len(set(names))


def test_modules_between_whose_tests_others_stand_move_as_one_and_nothing_in_them_moves() -> None:
    tests: list[Place] = [("a", "f"), ("b", "f"), ("a", "g"), ("c", "f")]
    assert arrange(tests, [3, 2, 1, 0], inside=True) == [3, 0, 1, 2]


def test_the_place_of_a_test_is_its_name_without_parameters() -> None:
    assert place("t/a.py::TestB::test_c[d::e[f]]") == ("t/a.py", "TestB", "test_c")
    assert place("odd[1]/a.py::test_c") == ("odd[1]/a.py", "test_c")
    assert place("notes.txt") == ("notes.txt",)

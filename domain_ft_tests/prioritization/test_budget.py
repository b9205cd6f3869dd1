"""Which tests a budget lets run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.prioritization.budget import Budget, Wanted, choose, parse_budget, parse_seconds

TESTS = st.lists(st.builds(Wanted, st.none() | st.floats(0, 1e6), st.booleans()), min_size=1, max_size=12)
SHARES = st.builds(lambda share: Budget("x%", share=share), st.floats(0.01, 1))
TIMES = st.builds(lambda seconds: Budget("xs", seconds=seconds), st.floats(0.01, 1e6))


@pytest.mark.parametrize(
    ("text", "seconds", "share"),
    [("90s", 90.0, None), ("10m", 600.0, None), ("1.5h", 5400.0, None), ("20%", None, 0.2), ("100%", None, 1.0)],
)
def test_a_budget_is_a_time_or_a_share(text: str, seconds: float | None, share: float | None) -> None:
    assert parse_budget(text) == Budget(text, seconds, share)


@pytest.mark.parametrize("text", ["", "10", "0s", "101%", "-5m", "1e3s", "10 m", "²s", "m"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 90s, 10m"):
        parse_budget(text)


def test_a_time_limit_may_leave_out_its_unit() -> None:
    assert (parse_seconds("0.5"), parse_seconds("30s"), parse_seconds("2m")) == (0.5, 30.0, 120.0)
    with pytest.raises(ValueError, match="above 0"):
        parse_seconds("20%")


@given(TESTS, SHARES | TIMES)
def test_what_must_run_runs_and_something_always_does(tests: list[Wanted], budget: Budget) -> None:
    chosen = choose(tests, budget)
    if chosen is not None:
        assert chosen.places >= {place for place, test in enumerate(tests) if test.must_run}
        assert chosen.places


@given(TESTS, SHARES)
def test_beyond_what_must_run_a_share_is_kept_to(tests: list[Wanted], budget: Budget) -> None:
    chosen = choose(tests, budget)
    assert chosen is not None
    optional = {place for place in chosen.places if not tests[place].must_run}
    assert not optional or len(chosen.places) == 1 or chosen.seconds <= (budget.share or 0) * chosen.all_seconds * 1.001


def test_a_test_that_does_not_fit_gives_way_to_later_ones_that_do() -> None:
    tests = [Wanted(50.0, False), Wanted(5.0, False), Wanted(4.0, False)]
    chosen = choose(tests, Budget("10s", seconds=10.0))
    assert chosen is not None
    assert (chosen.places, chosen.seconds, chosen.all_seconds) == ({1, 2}, 9.0, 59.0)


def test_where_no_test_fits_the_first_one_runs() -> None:
    chosen = choose([Wanted(50.0, False), Wanted(40.0, False)], Budget("10s", seconds=10.0))
    assert chosen is not None
    assert (chosen.places, chosen.seconds) == ({0}, 50.0)


def test_each_worker_has_what_is_left_of_the_time() -> None:
    tests = [Wanted(5.0, False)] * 4
    budget = Budget("10s", seconds=10.0)
    assert len(choose(tests, budget, spent_s=5.0).places) == 1  # type: ignore[union-attr]
    assert len(choose(tests, budget, spent_s=5.0, workers=3).places) == 3  # type: ignore[union-attr]


def test_an_unknown_duration_is_taken_for_the_mean() -> None:
    tests = [Wanted(None, False), Wanted(1.0, False), Wanted(2.0, False), Wanted(30.0, False)]
    chosen = choose(tests, Budget("15s", seconds=15.0))
    assert chosen is not None
    assert (chosen.places, chosen.seconds, chosen.guessed) == ({0, 1, 2}, 14.0, 1)


def test_where_no_duration_is_known_a_share_counts_tests_and_a_time_says_nothing() -> None:
    tests = [Wanted(None, False)] * 10
    chosen = choose(tests, Budget("20%", share=0.2))
    assert chosen is not None
    assert chosen.places == {0, 1}
    assert choose(tests, Budget("10m", seconds=600.0)) is None

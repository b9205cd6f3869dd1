"""What a test came to in a run that could not say anything of it: never a pass, and never a failure by mistake."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain_ft.recording.pytest_run import CaseRun, PytestRun
from domain_ft.recording.verdicts import settle, turned

TESTS = [("tests.test_a", "test_1"), ("tests.test_a", "test_2"), ("tests.test_b.TestB", "test_3")]
CASES = {f"{group}.{name}": CaseRun(group, name, "pass", 0.1) for group, name in TESTS}
WHOLE = PytestRun(
    started=datetime(2026, 1, 1, tzinfo=UTC),
    seconds=1.0,
    peak_bytes=0,
    exit_code=0,
    stopped=None,
    reported=True,
    cases=CASES,
    uncollected=frozenset(),
    called=(),
    says="",
)
FIRST_ONLY = {"tests.test_a.test_1": CASES["tests.test_a.test_1"]}


def test_what_was_reported_counts_as_it_was() -> None:
    assert settle(WHOLE, TESTS, 60) == ("pass", "pass", "pass")


def test_a_test_whose_file_could_not_be_imported_is_an_error() -> None:
    cases = {name: case for name, case in CASES.items() if case.group == "tests.test_a"}
    run = replace(WHOLE, cases=cases, uncollected=frozenset({"tests.test_b"}), exit_code=1)
    assert settle(run, TESTS, 60) == ("pass", "pass", "error")


def test_a_test_whose_class_or_folder_could_not_be_collected_is_an_error() -> None:
    broken = {"tests.test_b.TestB": CaseRun("tests.test_b", "TestB", "error", 0.0)}
    assert settle(replace(WHOLE, cases=broken, exit_code=1), TESTS, 60) == (None, None, "error")
    run = replace(WHOLE, cases={}, uncollected=frozenset({"tests"}), exit_code=1)
    assert set(settle(run, TESTS, 60)) == {"error"}


def test_a_file_of_a_longer_name_is_another_file() -> None:
    run = replace(WHOLE, cases={}, uncollected=frozenset({"tests.test_"}), exit_code=1)
    assert settle(run, TESTS, 60) == (None, None, None)


def test_where_nothing_at_all_could_be_set_up_every_test_is_an_error() -> None:
    run = replace(WHOLE, cases={}, exit_code=4, reported=False)
    assert set(settle(run, TESTS, 60)) == {"error"}


@pytest.mark.parametrize("exit_code", [-11, 2, 3, 77])
def test_a_run_that_broke_off_says_nothing_of_the_tests_after(exit_code: int) -> None:
    run = replace(WHOLE, cases=FIRST_ONLY, exit_code=exit_code)
    assert settle(run, TESTS, 60) == ("pass", "blocked", "blocked")


def test_a_test_that_took_most_of_the_time_is_an_error_and_those_after_it_are_blocked() -> None:
    run = replace(WHOLE, cases=FIRST_ONLY, exit_code=2, stopped="time", seconds=60.0)
    assert settle(run, TESTS, 60) == ("pass", "error", "blocked")


def test_a_run_that_was_slow_throughout_blames_no_test() -> None:
    slow = {name: replace(case, seconds=50.0) for name, case in FIRST_ONLY.items()}
    run = replace(WHOLE, cases=slow, exit_code=2, stopped="time", seconds=60.0)
    assert settle(run, TESTS, 60) == ("pass", "blocked", "blocked")


def test_a_run_that_was_stopped_before_its_first_test_ended_blames_no_test() -> None:
    run = replace(WHOLE, cases={}, exit_code=2, stopped="time", seconds=60.0)
    assert settle(run, TESTS, 60) == ("blocked", "blocked", "blocked")


def test_a_test_that_a_whole_run_does_not_have_is_not_there() -> None:
    assert settle(replace(WHOLE, cases=FIRST_ONLY), TESTS, 60) == ("pass", None, None)


def test_only_what_passed_and_fails_or_failed_and_passes_has_turned() -> None:
    before, after = (
        ("pass", "fail", "pass", "fail", "pass", None),
        ("fail", "pass", "blocked", "error", "skipped", "fail"),
    )
    assert turned(before, after) == [0, 1]  # type: ignore[arg-type]

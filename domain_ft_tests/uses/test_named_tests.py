"""A list of tests means the history's tests, whether a person or pytest has written it."""

import subprocess
import sys
from pathlib import Path

import pytest

from domain_ft.uses.named_tests import listed_names, named_tests

KNOWN = ("tests.test_a.TestB.test_c", "tests.test_a.test_d[x-1]", "Billing::pays back")
COLLECTED = ("tests/test_a.py::TestB::test_c", "tests/test_a.py::test_d[x-1]")


def test_pytests_own_ids_mean_the_tests_of_the_history() -> None:
    named = named_tests(COLLECTED, KNOWN)
    assert (named.typed, named.ids, named.note) == (COLLECTED, KNOWN[:2], None)


@pytest.mark.parametrize("name", ["Billing::pays back", "nothing", "a::b::c"])
def test_a_name_that_is_known_as_it_is_or_not_at_all_stays_as_it_is(name: str) -> None:
    assert named_tests([name], KNOWN).ids == (name,)


def test_a_test_that_pytest_has_found_and_no_build_has_run_has_the_id_that_it_will_have() -> None:
    named = named_tests(["tests/test_a.py::test_new"], KNOWN)
    assert (named.typed, named.ids) == (("tests/test_a.py::test_new",), ("tests.test_a.test_new",))


def test_a_test_that_is_named_in_both_ways_is_one_test_and_the_repeat_is_counted() -> None:
    named = named_tests([COLLECTED[0], KNOWN[0], COLLECTED[0], COLLECTED[1]], KNOWN)
    assert (named.typed, named.ids) == (COLLECTED, KNOWN[:2])
    assert named.note == "2 lines of the list name tests again: each test is ranked once"


def test_a_list_is_one_name_a_line() -> None:
    assert listed_names("\n a \r\nb c\n\nb c\n") == ("a", "b c", "b c")


@pytest.mark.parametrize(
    "end",
    [
        "2 tests collected in 0.65s",
        "1 test collected in 61.20s (0:01:01)",
        "2/9 tests collected (7 deselected) in 0.02s",
        "4 tests collected, 1 error in 0.80s",
    ],
)
def test_the_line_in_which_pytest_counts_names_no_test(end: str) -> None:
    assert listed_names("\n".join([*COLLECTED, "", end, ""])) == COLLECTED


def test_where_pytest_has_collected_nothing_no_test_is_named() -> None:
    told = "\n=== warnings summary ===\na.py:3\n  a.py:3: PytestWarning: x\n\n-- Docs: y\n"
    assert listed_names("no tests collected in 0.01s\n") == ()
    assert listed_names(f"{told}no tests collected (4 deselected) in 0.75s\n") == ()


def test_what_a_run_of_pytest_prints_of_a_project_with_errors_and_warnings_names_its_tests(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("import pytest\n@pytest.mark.odd\ndef test_one(): pass\n")
    (tmp_path / "test_b.py").write_text("x =\n")
    collect = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "--rootdir", "."]
    done = subprocess.run(collect, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "warnings summary" in done.stdout
    assert listed_names(f"test_z.py::test_before\n{done.stdout}")[1:] == ("test_a.py::test_one",)

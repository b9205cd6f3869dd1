"""A test in words, by its names and its docstring."""

import pytest

from domain_ft.landing.told_test import told_docstring, told_test


@pytest.mark.parametrize(
    ("group", "name", "told"),
    [
        ("tests.test_stats.TestMean", "test_of_values", "stats Mean: of values"),
        ("tests.test_stats", "test_largest[1-a_b]", "stats: largest [1-a_b]"),
        ("tests.HTTPServerTest", "testKeepsAlive", "tests HTTP Server: Keeps Alive"),
        ("a.test_b.TestOuter.TestInner", "test_c", "b Outer Inner: c"),
        ("stats_test", "test", "stats: test"),
        ("", "test_x", "x"),
    ],
)
def test_a_test_is_told_by_its_names(group: str, name: str, told: str) -> None:
    assert told_test(group, name) == told


@pytest.mark.parametrize(
    ("docstring", "told"),
    [
        (None, ""),
        ("  ", ""),
        ("One line.", "One line."),
        ("\n    Begins\n    and goes on.\n   \n    More.\n", "Begins and goes on."),
        ("a" * 499 + " b", "a" * 499),
    ],
)
def test_of_a_docstring_the_first_paragraph_is_told_in_one_line(docstring: str | None, told: str) -> None:
    assert told_docstring(docstring) == told

"""Changes and tests in words."""

from domain_ft.recording.mutations import Mutation, mutations_of
from domain_ft.recording.wording import docstrings_of_tests, told_change, told_undo


def of_kind(kind: str) -> Mutation:
    source = b'def f(a):\n    """What f does."""\n    g()\n    return a < 1\n'
    return next(each for each in mutations_of(source, "mod.py", "pkg.mod") if each.kind == kind)


def test_a_change_says_where_what_and_what_for() -> None:
    assert told_change(of_kind("comparison")) == (
        "pkg.mod.f: `<` became `<=` in the returned value\nWhat f does.\n`return a < 1` is now `return a <= 1`"
    )


def test_a_change_taken_back_says_so_and_tells_the_line_the_other_way_round() -> None:
    assert told_undo(of_kind("removed statement")) == (
        "Revert: pkg.mod.f: `g()` was removed\nWhat f does.\n`pass` is now `g()`"
    )


def test_docstrings_are_found_by_the_names_of_the_report() -> None:
    content = (
        b'def test_a():\n    """Of a.\n\n    More."""\n'
        b'class TestB:\n    async def test_c(self):\n        """Of\n        c."""\n    def test_d(self): pass\n'
    )
    assert docstrings_of_tests([("tests/test_x.py", content), ("broken.py", b"def (")]) == {
        "tests.test_x.test_a": "Of a.",
        "tests.test_x.TestB.test_c": "Of c.",
    }

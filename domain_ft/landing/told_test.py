"""A test in words: what its names say, and what its docstring says.

A recording, the pytest plugin and the reader of its reports tell a test alike, or one test would have two texts. This
runs in the process of a project's tests, too, so it knows the standard library alone.
"""

import re

_TEST_WORD = re.compile(r"^[Tt]ests?(?=[A-Z_])_*|(?:_+tests?|(?<=.)Tests?)$")
_BREAKS = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n")
_LONGEST = 500


def told_test(group: str, name: str) -> str:
    """What a test is about, of its names alone: file, classes, function, parameters.

    `tests.test_stats.TestMean` and `test_of_empty[0-a]` give `stats Mean: of empty [0-a]`.
    """
    function, bracket, parameters = name.partition("[")
    around = " ".join(filter(None, map(_plain, _file_and_classes(group))))
    said = ": ".join(filter(None, (around, _plain(function)))) or name
    return f"{said} [{parameters}" if bracket else said


def _file_and_classes(group: str) -> list[str]:
    """The end of a dotted name, from the last part on that is not written as classes are."""
    parts = group.split(".")
    last = max((place for place, part in enumerate(parts) if not part[:1].isupper()), default=0)
    return parts[last:]


def _plain(name: str) -> str:
    return " ".join(part for part in _BREAKS.split(_TEST_WORD.sub("", name)) if part)


def told_docstring(docstring: str | None) -> str:
    """The first paragraph of a docstring in one line, of at most 500 characters; empty where there is none."""
    return " ".join(_PARAGRAPHS.split((docstring or "").strip())[0].split())[:_LONGEST].rstrip()

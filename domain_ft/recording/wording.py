"""Changes and tests in words, so that a model that reads text can learn which change concerns which test."""

import ast
import re
from collections.abc import Iterable, Iterator

from domain_ft.recording.mutations import Mutation
from domain_ft.recording.source_text import SourceText, UnreadableSourceError
from domain_ft.safe_text import brief

_LINE = 100
"""Characters of a line of code that are told."""
_TEST_WORD = re.compile(r"^[Tt]ests?(?=[A-Z_])_*|(?:_+tests?|(?<=.)Tests?)$")
_BREAKS = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def told_change(mutation: Mutation) -> str:
    """A change as a commit message tells it: where and what, then what the code is for, then the line itself."""
    return _message(mutation, f"{_where(mutation)}: {mutation.what}", mutation.was, mutation.now)


def told_undo(mutation: Mutation) -> str:
    """The same change taken back."""
    return _message(mutation, f"Revert: {_where(mutation)}: {mutation.what}", mutation.now, mutation.was)


def _where(mutation: Mutation) -> str:
    return f"{mutation.module}.{mutation.scope.name}" if mutation.scope.name else mutation.module


def _message(mutation: Mutation, first: str, was: str, now: str) -> str:
    lines = [first]
    if mutation.scope.says:
        lines.append(mutation.scope.says)
    lines.append(
        f"`{brief(was, _LINE)}` is now `{brief(now, _LINE)}`" if was and now else f"`{brief(was or now, _LINE)}`"
    )
    return "\n".join(lines)


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


def docstrings_of_tests(files: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """What the docstrings of tests say in their first paragraph: `tests.test_mean.TestMean.test_of_empty` -> text."""
    found: dict[str, str] = {}
    for path, content in files:
        try:
            tree = SourceText.of(content).tree()
        except UnreadableSourceError:
            continue
        found.update(_docstrings(tree, path.removesuffix(".py").replace("/", ".")))
    return found


def _docstrings(node: ast.AST, around: str) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        name, said = f"{around}.{child.name}", ast.get_docstring(child)
        if isinstance(child, ast.ClassDef):
            yield from _docstrings(child, name)
        elif said:
            yield name, " ".join(said.split("\n\n")[0].split())

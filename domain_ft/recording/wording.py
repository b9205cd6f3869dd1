"""Changes in words, and what tests say of themselves, so that a model can learn which change concerns which test."""

import ast
from collections.abc import Iterable, Iterator

from domain_ft.landing.told_test import told_docstring
from domain_ft.recording.mutations import Mutation
from domain_ft.recording.source_text import SourceText, UnreadableSourceError
from domain_ft.safe_text import brief

_LINE = 100
"""Characters of a line of code that are told."""


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
        name, said = f"{around}.{child.name}", told_docstring(ast.get_docstring(child))
        if isinstance(child, ast.ClassDef):
            yield from _docstrings(child, name)
        elif said:
            yield name, said

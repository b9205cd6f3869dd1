"""Which changes a piece of source allows, and how each of them is told."""

import ast
from pathlib import Path

import pytest

from domain_ft import recording
from domain_ft.recording.mutations import Mutation, mutations_of


def of(source: str) -> list[Mutation]:
    return mutations_of(source.encode(), "pkg/mod.py", "pkg.mod")


def changed(source: str, kind: str) -> list[str]:
    return [mutation.applied(source.encode()).decode() for mutation in of(source) if mutation.kind == kind]


@pytest.mark.parametrize(
    ("kind", "source", "becomes"),
    [
        ("comparison", "a < b\n", "a <= b\n"),
        ("comparison", "a == b != c\n", "a != b != c\n"),
        ("comparison", "a is  not b\n", "a is b\n"),
        ("comparison", "a not in b\n", "a in b\n"),
        ("comparison", "((a)  # x < y\n < (b)) + 1\n", "((a)  # x < y\n <= (b)) + 1\n"),
        ("arithmetic", "a + b\n", "a - b\n"),
        ("arithmetic", "a // b\n", "a * b\n"),
        ("arithmetic", "a -= b\n", "a += b\n"),
        ("arithmetic", "-a\n", "+a\n"),
        ("boolean", "a and b and c\n", "a or b and c\n"),
        ("boolean", "x = not (a or b)\n", "x = (a or b)\n"),
        ("constant", "x = 10\n", "x = 11\n"),
        ("constant", "x = True\n", "x = False\n"),
        ("constant", "x = 'é' 'b'\n", "x = ''\n"),
        ("returned value", "def f():\n    return (a,\n            b)\n", "def f():\n    return None\n"),
        ("condition", "if (a  and\n    b):\n    c\n", "if (not (a  and\n    b)):\n    c\n"),
        ("condition", "[a for a in b if a]\n", "[a for a in b if not (a)]\n"),
        ("removed statement", "a(); b.c = 1\n", "pass; b.c = 1\n"),
        ("removed statement", "if a: raise b\n", "if a: pass\n"),
        ("removed decorator", "@a.b(1)  # x\ndef f(): pass\n", "  # x\ndef f(): pass\n"),
        ("removed handler", "try:\n    a\nexcept E:\n    b\n    c\n", "try:\n    a\nexcept E:\n    raise\n"),
        ("loop control", "for a in b: break\n", "for a in b: continue\n"),
        ("off by one", "a[:n]\n", "a[:(n) - 1]\n"),
        ("off by one", "range(a, b)\n", "range((a) + 1, b)\n"),
        ("constant", "def f(a, b=1, *, c=None): pass\n", "def f(a, b=2, *, c=None): pass\n"),
    ],
)
def test_a_change_replaces_one_piece_of_the_text(kind: str, source: str, becomes: str) -> None:
    assert becomes in changed(source, kind)


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring with 1 < 2."""\n',
        "import a.b\nfrom c import d\n",
        "x: Literal[1]\n",
        "def f(a: Literal['x']) -> Literal['y']: ...\n",
        "f'{a < b}'\n",
        "__version__ = '1.0'\n",
        "if TYPE_CHECKING:\n    x = 1\n",
        "if __name__ == '__main__':\n    main()\n",
    ],
)
def test_what_no_test_can_notice_is_left_alone(source: str) -> None:
    assert of(source) == []


def test_the_text_of_a_raised_error_is_left_alone() -> None:
    assert [each.kind for each in of("raise E('no ' + name, 'said')\n")] == ["removed statement"]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("while a < b:\n    c\n", "`<` became `<=` in the condition of the loop"),
        ("def f(a=1): pass\n", "`1` became `2` as the default of `a`"),
        ("LIMIT = 1\n", "`1` became `2` in what `LIMIT` is set to"),
        ("f(a=1)\n", "`1` became `2` in the argument `a`"),
        ("try:\n    a\nexcept (B, C):\n    d\n", "`(B, C)` is not handled any more, but raised again"),
    ],
)
def test_a_change_is_told_in_words(source: str, what: str) -> None:
    assert what in [each.what for each in of(source)]


def test_a_change_knows_its_function_and_what_that_is_for() -> None:
    source = (
        '"""Of the module."""\nclass A:\n    @staticmethod\n    def f(a):\n'
        '        """What f\n        does.\n\n        More."""\n        return a\n'
    )
    scopes = {each.kind: each.scope for each in of(source)}
    assert scopes["returned value"].name == "A.f"
    assert scopes["returned value"].says == "What f does."
    assert scopes["returned value"].first_line == 3


def test_what_has_no_docstring_is_told_by_that_around_it() -> None:
    (mutation,) = of('"""Of the module."""\ndef f(a):\n    return a\n')
    assert mutation.scope.says == "Of the module."


def test_every_change_of_real_files_is_another_program_and_told_once() -> None:
    for path in sorted(Path(recording.__file__).parent.glob("*.py")):
        content = path.read_bytes()
        tree = ast.dump(ast.parse(content))
        mutations = mutations_of(content, path.name, path.stem)
        for mutation in mutations[::5]:
            assert ast.dump(ast.parse(mutation.applied(content))) != tree, mutation
        told = [(each.scope, each.what, each.was, each.now) for each in mutations]
        assert len(set(told)) == len(told)

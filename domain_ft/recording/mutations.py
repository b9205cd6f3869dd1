"""Every small change that can be made to a source file, in the order of the text, and where each of them lies.

What no test can notice or what only breaks the import is left alone: docstrings, annotations, imports, patterns, what
stands under `TYPE_CHECKING` or `__main__`, and the inside of f-strings, whose places Python 3.11 does not know.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from domain_ft.recording.operators import edits_of
from domain_ft.recording.source_text import SourceText
from domain_ft.safe_text import brief

_QUIET = (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.JoinedStr, ast.pattern, ast.arguments)
_SAID = 160
"""Characters of a docstring's first paragraph that are told."""
_RAISED = "in the raised error"
_PLACES: dict[tuple[type[ast.AST], str], str] = {
    (ast.If, "test"): "in the condition of an `if`",
    (ast.While, "test"): "in the condition of the loop",
    (ast.For, "iter"): "in what the loop goes over",
    (ast.AsyncFor, "iter"): "in what the loop goes over",
    (ast.IfExp, "test"): "in the condition of an expression",
    (ast.comprehension, "ifs"): "in the filter of a comprehension",
    (ast.comprehension, "iter"): "in what a comprehension goes over",
    (ast.Return, "value"): "in the returned value",
    (ast.Yield, "value"): "in the yielded value",
    (ast.Assert, "test"): "in an assertion",
    (ast.Subscript, "slice"): "in an index",
    (ast.With, "items"): "in the context of a `with`",
    (ast.Raise, "exc"): _RAISED,
}
"""Where an expression stands -> how that is told."""


@dataclass(frozen=True)
class Scope:
    """A function, a class body or a module: its dotted name in the module ("" for the module), and its first line.

    The first line is that of the first decorator, as in a code object; 0 for the module. `says` is the first line of
    the docstring, its own or that of what is around it.
    """

    name: str
    first_line: int
    says: str


@dataclass(frozen=True)
class Mutation:
    """A change of one file (`path` from the root of the project): the piece of its text, and what stands there then."""

    path: str
    module: str
    scope: Scope
    line: int
    start: int
    end: int
    replacement: str
    kind: str
    what: str
    was: str
    now: str
    """The line that is changed, before and after, without its indentation."""

    def applied(self, content: bytes) -> bytes:
        """The file's bytes with the change made; raises UnreadableSourceError."""
        return SourceText.of(content).with_change(self.start, self.end, self.replacement)


def mutations_of(content: bytes, path: str, module: str) -> list[Mutation]:
    """The changes that a file allows, no two of them telling the same; raises UnreadableSourceError."""
    source = SourceText.of(content)
    tree = source.tree()
    try:
        found = list(_Walk(source, path, module).of(tree, Scope("", 0, _first_line(tree)), ""))
    except RecursionError:
        return []
    return list({(each.scope, each.what, each.was, each.now): each for each in reversed(found)}.values())[::-1]


@dataclass(frozen=True)
class _Walk:
    source: SourceText
    path: str
    module: str

    def of(self, node: ast.AST, scope: Scope, place: str) -> Iterator[Mutation]:
        """The changes of a node and of all below it; `place` tells where it stands."""
        if isinstance(node, _QUIET) or _is_guarded(node):
            return
        inner = _scope_of(node, scope)
        for edit in edits_of(node, self.source, told=place == _RAISED):
            what = f"{edit.what} {place}" if place else edit.what
            was, now = self._lines(edit.start, edit.end, edit.replacement)
            line = self.source.line_of(edit.start)
            yield Mutation(
                self.path, self.module, inner, line, edit.start, edit.end, edit.replacement, edit.kind, what, was, now
            )  # fmt: skip
        for name, child in _children(node):
            told = _PLACES.get((type(node), name)) or _named_place(node, name, self.source)
            inside = "" if isinstance(child, ast.stmt) else place if place == _RAISED else told or place
            yield from self.of(child, inner, inside)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from self._defaults(node.args, inner)

    def _defaults(self, arguments: ast.arguments, scope: Scope) -> Iterator[Mutation]:
        positional = [*arguments.posonlyargs, *arguments.args]
        given = [*zip(positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True)]
        given += [(arg, value) for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value]
        for argument, default in given:
            yield from self.of(default, scope, f"as the default of `{argument.arg}`")

    def _lines(self, start: int, end: int, replacement: str) -> tuple[str, str]:
        text = self.source.text
        first = text.rfind("\n", 0, start) + 1
        last = text.find("\n", start)
        line = text[first : len(text) if last < 0 else last]
        now = line[: start - first] + replacement + line[end - first :]
        return " ".join(line.split()), " ".join(now.split())


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params") or (name == "decorator_list"):
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            is_doc = name == "body" and not index and _is_docstring(child)
            if isinstance(child, ast.AST) and not is_doc:
                yield name, child


def _named_place(node: ast.AST, name: str, source: SourceText) -> str:
    """The place of a value that an assignment or a keyword names."""
    match node:
        case ast.Assign(targets=[ast.Name(id=target)]) | ast.AnnAssign(target=ast.Name(id=target)) if name == "value":
            return f"in what `{target}` is set to"
        case ast.AugAssign(target=ast.Name(id=target)) if name == "value":
            return f"in what is added to `{target}`" if isinstance(node.op, ast.Add) else ""
        case ast.keyword(arg=str(argument)):
            return f"in the argument `{argument}`"
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)) if name == "args":
            return f"in an argument of `{called}`"
    return ""


def _scope_of(node: ast.AST, around: Scope) -> Scope:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return around
    name = f"{around.name}.{node.name}" if around.name else node.name
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return Scope(name, first, _first_line(node) or around.says)


def _first_line(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    said = (ast.get_docstring(node) or "").strip()
    return brief(" ".join(said.split("\n\n")[0].split()), _SAID) if said else ""


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_guarded(node: ast.AST) -> bool:
    """Whether tests never come here, or the statement only names what there is."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            return True
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name.startswith("__") and name.endswith("__")
    return False

"""The small changes that can be made to one node of a syntax tree, each with the words in which it is told.

Those of the mutation literature (Offutt et al. 1996, and what mutmut and Cosmic Ray offer): comparison, arithmetic,
boolean, constant, returned value, negated condition, removed statement, decorator or handler, and one off a bound.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain_ft.recording.source_text import SourceText
from domain_ft.safe_text import brief

_SHOWN = 48
"""Characters of an expression that are told."""
_LARGE = 1e15
"""Numbers from here on are masks and limits; one more is often no other float, and some cannot be written out."""
_OPERATOR = re.compile(
    r"#[^\n]*|"
    r"(is\s+not\b|not\s+in\b|is\b|in\b|and\b|or\b|//=|\*\*=|<<=|>>=|//|\*\*|<<|>>|<=|>=|==|!=|"
    r"[-+*/%&|^@]=|[-+*/%&|^@<>])"
)
_INSTEAD = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==",
    "is": "is not", "is not": "is", "in": "not in", "not in": "in",
    "+": "-", "-": "+", "*": "/", "/": "*", "//": "*", "%": "*", "**": "*",
    "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "&",
    "and": "or", "or": "and",
}  # fmt: skip
"""An operator, and the one that stands in its stead; of an assignment (`+=`) the sign is kept."""
_NEGATED_BY_OPERATOR = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)


@dataclass(frozen=True)
class Edit:
    """One piece of a text replaced by another, what kind of change that is, and what happened, in words."""

    start: int
    end: int
    replacement: str
    kind: str
    what: str


def edits_of(node: ast.AST, source: SourceText, told: bool) -> Iterator[Edit]:
    """The changes that begin at this node itself; what its children allow is asked of them.

    `told` is whether a text is part of what a raised error says, which no test should depend on.
    """
    match node:
        case ast.Compare(left=left, comparators=comparators):
            for before, after in zip([left, *comparators], comparators, strict=False):
                yield from _operator(source, before, after, "comparison")
        case ast.BinOp(left=left, right=right) if not (_is_text(left) or _is_text(right)):
            yield from _operator(source, left, right, "arithmetic")
        case ast.AugAssign(target=target, value=value):
            yield from _operator(source, target, value, "arithmetic")
            yield from _removed(source, node)
        case ast.BoolOp(values=[first, second, *_]):
            yield from _operator(source, first, second, "boolean")
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield from _sign(source, node)
        case ast.Constant(value=value):
            yield from _constant(source, node, value, told)
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            start, end = source.span(value)
            yield Edit(start, end, "None", "returned value", f"returns None instead of {_told(source, value)}")
        case ast.If() | ast.While() | ast.IfExp():
            yield from _negated(source, node.test)
        case ast.comprehension(ifs=[condition, *_]):
            yield from _negated(source, condition)
        case ast.Slice() | ast.Call():
            yield from _off_by_one(source, node)
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.Delete() | ast.Raise():
            yield from _removed(source, node)
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield from _removed(source, node)
        case ast.Break() | ast.Continue():
            was, now = ("break", "continue") if isinstance(node, ast.Break) else ("continue", "break")
            yield Edit(*source.span(node), now, "loop control", f"`{was}` became `{now}`")
        case ast.ExceptHandler(body=[first, *_] as body):
            yield from _rethrown(source, node.type, first, body[-1])
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield from _without_decorators(source, node)


def _operator(source: SourceText, before: ast.expr, after: ast.expr, kind: str) -> Iterator[Edit]:
    """Another operator between two operands; brackets and comments may stand there, too."""
    position, end = source.span(before)[1], source.span(after)[0]
    while found := _OPERATOR.search(source.text, position, end):
        position = found.end()
        if found[1]:
            was = " ".join(found[1].split())
            sign = "=" if was not in _INSTEAD and was.endswith("=") else ""
            now = _INSTEAD.get(was.removesuffix(sign))
            if now:
                yield Edit(found.start(1), found.end(1), now + sign, kind, f"`{was}` became `{now}{sign}`")
            return


def _sign(source: SourceText, node: ast.UnaryOp) -> Iterator[Edit]:
    start, _ = source.span(node)
    if isinstance(node.op, ast.USub):
        yield Edit(start, start + 1, "+", "arithmetic", f"the sign of {_told(source, node.operand)} was turned")
        return
    end = start + len("not")
    gap = len(source.text[end:]) - len(source.text[end:].lstrip(" \t"))
    yield Edit(start, end + gap, "", "boolean", f"`not` was taken from {_told(source, node)}")


def _constant(source: SourceText, node: ast.Constant, value: object, told: bool) -> Iterator[Edit]:
    now: object
    match value:
        case bool():
            now = not value
        case int() | float() if abs(value) < _LARGE:
            now = value + 1
        case str():
            now = "" if value else "text"
        case bytes():
            now = b"" if value else b"text"
        case _:
            return
    if told and isinstance(value, str | bytes):
        return
    start, end = source.span(node)
    yield Edit(start, end, repr(now), "constant", f"{_told(source, node)} became `{now!r}`")


def _negated(source: SourceText, condition: ast.expr) -> Iterator[Edit]:
    """The condition turned round, unless turning its one operator does the same."""
    match condition:
        case ast.UnaryOp(op=ast.Not()) | ast.Constant():
            return
        case ast.Compare(ops=[operator]) if isinstance(operator, _NEGATED_BY_OPERATOR):
            return
    start, end = source.span(condition)
    negated = f"not ({source.text[start:end]})"
    yield Edit(start, end, negated, "condition", f"the condition {_told(source, condition)} was negated")


def _off_by_one(source: SourceText, node: ast.Slice | ast.Call) -> Iterator[Edit]:
    """A bound that is computed, one less or one more; a bound that is a number is a constant."""
    match node:
        case ast.Slice(lower=lower, upper=upper):
            bounds = [(lower, "+", "lower bound"), (upper, "-", "upper bound")]
        case ast.Call(func=ast.Name(id="range"), args=[_] as arguments):
            bounds = [(arguments[0], "-", "end of the range")]
        case ast.Call(func=ast.Name(id="range"), args=[first, second, *_]):
            bounds = [(first, "+", "start of the range"), (second, "-", "end of the range")]
        case _:
            return
    for bound, sign, name in bounds:
        if bound is None or isinstance(bound, ast.Constant | ast.Starred):
            continue
        start, end = source.span(bound)
        change = "one less" if sign == "-" else "one more"
        replacement = f"({source.text[start:end]}) {sign} 1"
        yield Edit(start, end, replacement, "off by one", f"the {name} {_told(source, bound)} became {change}")


def _removed(source: SourceText, node: ast.stmt) -> Iterator[Edit]:
    verb = "is not raised any more" if isinstance(node, ast.Raise) else "was removed"
    yield Edit(*source.span(node), "pass", "removed statement", f"{_told(source, node)} {verb}")


def _rethrown(source: SourceText, caught: ast.expr | None, first: ast.stmt, last: ast.stmt) -> Iterator[Edit]:
    if isinstance(first, ast.Raise) and first.exc is None:
        return
    what = _told(source, caught) if caught is not None else "any error"
    start, end = source.span(first)[0], source.span(last)[1]
    yield Edit(start, end, "raise", "removed handler", f"{what} is not handled any more, but raised again")


def _without_decorators(
    source: SourceText, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
) -> Iterator[Edit]:
    for decorator in node.decorator_list:
        start, end = source.span(decorator)
        at = source.text.rfind("@", 0, start)
        if at >= 0 and not source.text[at + 1 : start].strip():
            what = f"the decorator `@{_brief(source.text[start:end])}` was removed"
            yield Edit(at, end, "", "removed decorator", what)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))


def _told(source: SourceText, node: ast.expr | ast.stmt) -> str:
    return f"`{_brief(source.of_node(node))}`"


def _brief(text: str) -> str:
    return brief(" ".join(text.split()), _SHOWN)

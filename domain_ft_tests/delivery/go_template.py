"""Go's text/template, as far as the templates go that are served: range, if, else if, else, end, eq, and fields."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_ACTION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


def render_go(template: str, data: Mapping[str, Any]) -> str:
    """The text that Go would render."""
    parts = _ACTION.split(template)
    tokens = [
        (("text", "action")[number % 2], part.strip() if number % 2 else part) for number, part in enumerate(parts)
    ]
    found, rest = _rendered(iter(tokens), data, True)
    assert rest is None
    return found


def _rendered(tokens: Iterator[tuple[str, str]], dot: Any, shown: bool) -> tuple[str, str | None]:
    """Text up to the action that ends this block, and that action."""
    out = []
    for kind, text in tokens:
        if kind == "text":
            out.append(text if shown else "")
        elif text.startswith(("else", "end")):
            return "".join(out), text
        elif text.startswith("range "):
            held = list(tokens_until_end(tokens))
            for each in _value(text.removeprefix("range "), dot) if shown else ():
                out.append(_rendered(iter(held), each, True)[0])
        elif text.startswith("if "):
            out.append(_branches(tokens, text.removeprefix("if "), dot, shown))
        else:
            out.append(str(_value(text, dot)) if shown else "")
    return "".join(out), None


def _branches(tokens: Iterator[tuple[str, str]], condition: str, dot: Any, shown: bool) -> str:
    found, taken = "", not shown
    holds = shown and _holds(condition, dot)
    while True:
        text, action = _rendered(tokens, dot, holds and not taken)
        found, taken = found + text, taken or holds
        assert action is not None, "an if without its end"
        if action == "end":
            return found
        holds = action == "else" or _holds(action.removeprefix("else if "), dot)


def tokens_until_end(tokens: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The tokens of a block, without its end."""
    depth = 0
    for kind, text in tokens:
        if kind == "action" and text.startswith(("if ", "range ")):
            depth += 1
        if kind == "action" and text == "end":
            if depth == 0:
                return
            depth -= 1
        yield kind, text


def _holds(condition: str, dot: Any) -> bool:
    if condition.startswith("eq "):
        left, right = condition.removeprefix("eq ").split(" ", 1)
        return bool(_value(left, dot) == right.strip('"'))
    return bool(_value(condition, dot))


def _value(name: str, dot: Any) -> Any:
    return dot[name.removeprefix(".")]

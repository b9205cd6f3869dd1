"""Pieces of Markdown, and foreign texts in it."""

import re
from collections.abc import Sequence

from domain_ft.safe_text import one_line, visible

_TICKS = re.compile("`+")


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column alone is text."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def plain_markdown(text: str) -> str:
    """A text that Markdown leaves as it is."""
    return visible(text).replace("\\", "\\\\").replace("<", "&lt;").replace("|", "\\|").replace("*", "\\*")


def code_span(text: str) -> str:
    """A foreign text as one line of code, in which nothing is markup, HTML, a link or a picture; not for tables.

    The fence is longer than any run of backticks in the text.
    """
    fence = "`" * (1 + max(map(len, _TICKS.findall(text)), default=0))
    return f"{fence} {one_line(text) or ' '} {fence}"

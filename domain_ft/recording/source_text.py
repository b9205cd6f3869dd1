"""A source file as text whose every byte comes back: encoding cookie, byte order mark and line ends stay as they are.

`ast` counts columns in bytes of UTF-8 whatever the file is written in; here they become places in the text, so that a
change replaces exactly what a node covers, and nothing around it is formatted anew.
"""

import ast
import io
import re
import tokenize
import warnings
from dataclasses import dataclass
from functools import cached_property

_LONE_RETURN = re.compile(r"\r(?!\n)")


class UnreadableSourceError(ValueError):
    """A file that Python itself cannot read, or that would not come back byte for byte; says why."""


@dataclass(frozen=True)
class SourceText:
    """The text of a source file, and the encoding in which it was written."""

    text: str
    encoding: str

    @classmethod
    def of(cls, content: bytes) -> "SourceText":
        """The text of a file's bytes, by its cookie (PEP 263); raises UnreadableSourceError."""
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
            text = content.decode(encoding)
        except (SyntaxError, LookupError, ValueError) as error:
            raise UnreadableSourceError(f"its encoding cannot be read ({error})") from None
        if text.encode(encoding) != content or _LONE_RETURN.search(text):
            raise UnreadableSourceError("it would not come back byte for byte")
        return cls(text, encoding)

    def tree(self) -> ast.Module:
        """The parsed text; raises UnreadableSourceError."""
        try:
            with warnings.catch_warnings(action="ignore"):
                return ast.parse(self.text)
        except SyntaxError as error:
            raise UnreadableSourceError(f"line {error.lineno}: {error.msg}") from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise UnreadableSourceError(f"it cannot be parsed ({error})") from None

    @cached_property
    def _lines(self) -> tuple[list[str], list[int]]:
        lines = self.text.split("\n")
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line) + 1)
        return lines, starts

    def place(self, line: int, column: int) -> int:
        """Where a line (from 1) and a column (bytes of UTF-8) of `ast` lie in the text."""
        lines, starts = self._lines
        text = lines[line - 1]
        return starts[line - 1] + (column if text.isascii() else len(text.encode()[:column].decode()))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """From where to where a node reaches; brackets around an expression are no part of it."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.place(node.lineno, node.col_offset), self.place(node.end_lineno, node.end_col_offset)

    def of_node(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node, as it stands there."""
        start, end = self.span(node)
        return self.text[start:end]

    def line_of(self, place: int) -> int:
        """The line (from 1) in which a place of the text lies."""
        return self.text.count("\n", 0, place) + 1

    def with_change(self, start: int, end: int, replacement: str) -> bytes:
        """The file's bytes with one piece of the text replaced; raises UnreadableSourceError where it has no bytes."""
        changed = self.text[:start] + replacement + self.text[end:]
        try:
            return changed.encode(self.encoding)
        except UnicodeEncodeError:
            raise UnreadableSourceError(f"{self.encoding} cannot write the change") from None

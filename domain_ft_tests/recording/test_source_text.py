"""A source file comes back byte for byte, but for what is changed."""

import ast
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain_ft.recording.source_text import SourceText, UnreadableSourceError

LETTERS = st.characters(exclude_characters="\r\n\0\\'\"", exclude_categories=["Cs", "Cc"])


@given(before=st.text(LETTERS), after=st.text(LETTERS), end=st.sampled_from(["\n", "\r\n"]), mark=st.booleans())
def test_what_is_around_a_change_stays_byte_for_byte(before: str, after: str, end: str, mark: bool) -> None:
    text = f"a = '{before}'{end}x = ('{before}', 1, '{after}'){end}# {after}{end}"
    content = codecs.BOM_UTF8 * mark + text.encode()
    source = SourceText.of(content)
    (number,) = (n for n in ast.walk(source.tree()) if isinstance(n, ast.Constant) and n.value == 1)
    start, stop = source.span(number)
    assert source.with_change(start, stop, "2") == content.replace(b"', 1, '", b"', 2, '")


def test_a_file_in_an_older_encoding_is_written_in_it_again() -> None:
    content = "# -*- coding: latin-1 -*-\nname = 'café'; size = 1\n".encode("latin-1")
    source = SourceText.of(content)
    start = source.text.index("1\n")
    assert source.with_change(start, start + 1, "2") == content.replace(b"= 1", b"= 2")


def test_a_change_that_the_encoding_lacks_is_refused() -> None:
    source = SourceText.of(b"# coding: ascii\nx = 1\n")
    with pytest.raises(UnreadableSourceError, match="ascii cannot write the change"):
        source.with_change(0, 0, "é")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"x = '\xff'\n", "encoding cannot be read"),
        (b"# coding: no-such-code\n", "encoding cannot be read"),
        (b"x = 1\ry = 2\n", "byte for byte"),
    ],
)
def test_a_file_that_would_not_come_back_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableSourceError, match=why):
        SourceText.of(content)


@pytest.mark.parametrize(("content", "why"), [(b"x = (\n", "line 1"), (b"x = '\0'\n", "null bytes")])
def test_a_file_that_is_no_python_says_why(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableSourceError, match=why):
        SourceText.of(content).tree()


def test_what_python_only_warns_of_is_no_matter(recwarn: pytest.WarningsRecorder) -> None:
    SourceText.of(b"x = '\\d' is 'a'\n").tree()
    assert not recwarn.list

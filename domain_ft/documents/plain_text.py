"""Plain text: a paragraph per line, as parsers of papers write it; headings where a line says that it is one."""

import codecs
from pathlib import Path

from domain_ft.documents.document import Document, Outline
from domain_ft.documents.headings import heading_of, is_underline
from domain_ft.documents.joined_lines import JoinedLines, are_broken
from domain_ft.errors import InputError

_CONTEXT = 8
"""Lines on either side that tell whether one is a heading."""
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def read_text(path: Path) -> Document:
    """A text file; InputError where it is none, or not in UTF-8 (or UTF-16 with its mark).

    Where its lines were broken to fit a page, paragraphs are what stands between blank lines, steps and headings.
    """
    lines = [line.rstrip() for line in decoded(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    texts = [line for _, line in filled]
    how = JoinedLines(texts) if are_broken(texts) else None
    outline, paragraph = Outline(), list[tuple[int, str]]()

    def flush() -> None:
        if paragraph:
            said = [line.strip() for _, line in paragraph]
            outline.paragraph(how.joined(said) if how else said[0], line=paragraph[0][0])
            paragraph.clear()

    for at, (number, line) in enumerate(filled):
        found = heading_of(line, texts[max(at - _CONTEXT, 0) : at], texts[at + 1 : at + 1 + _CONTEXT])
        if found or is_underline(line):
            flush()
            if found:
                outline.heading(found.level, found.text)
            continue
        if paragraph and (
            how is None or number > paragraph[-1][0] + 1 or how.begins(line.strip(), paragraph[-1][1].strip())
        ):
            flush()
        paragraph.append((number, line))
    flush()
    return outline.document(path, "text")


def decoded(path: Path) -> str:
    """The text of a file."""
    content = path.read_bytes()
    encoding = next((name for mark, name in _MARKS.items() if content.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in content:
        raise InputError(f"{path}: is binary, not text; hand in what its name says, or leave it out")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from None

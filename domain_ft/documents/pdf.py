"""PDF: the text layer's lines joined to paragraphs, under headings told by their size or their number.

A PDF says where letters stand, not what a paragraph is; what is rebuilt here is good enough to ask about. A page
that is a picture has no text, and nothing is guessed.
"""

import itertools
import logging
import re
import struct
from collections import Counter
from pathlib import Path
from typing import Any

from domain_ft.documents.document import Document, Outline
from domain_ft.documents.headings import Heading, heading_of
from domain_ft.documents.joined_lines import JoinedLines
from domain_ft.documents.pdf_lines import PdfLine, body_size, page_lines, without_repeated
from domain_ft.errors import InputError

_LARGER = 1.12
"""A heading's letters are larger than the others by this factor."""
_MOST_HEADING_WORDS = 14
_APART = 1.45
"""Lines that stand farther apart than this many usual distances begin a paragraph."""
_CONTEXT = 8
"""Lines on either side that tell whether one is a heading."""
_LEADERS = re.compile(r"(\.\s?){5,}\s*[0-9ivx]+$")
_BROKEN = (
    RecursionError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError,
    NotImplementedError, struct.error,
)  # fmt: skip
"""What a reader of broken files stumbles over."""
_FEWEST_LETTERS = 20
"""Letters of a whole document: with fewer it is a picture."""


def read_pdf(path: Path, max_pages: int = 3000) -> Document:
    """A PDF; InputError where it is broken, encrypted, a picture, or of more pages than `max_pages`."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of each flaw that it puts right
    try:
        reader = PdfReader(path, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise InputError(f"{path}: is encrypted; save it without a password, and hand that in")
        count = len(reader.pages)
        if count > max_pages:
            raise InputError(
                f"{path}: has {count:,} pages, and generation.documents.max_pages is {max_pages:,}; raise "
                "that, or divide the file"
            )
        pages = [page_lines(page, number) for number, page in enumerate(reader.pages, 1)]
        title = str(reader.metadata.title or "") if reader.metadata else ""
    except InputError:
        raise
    except DependencyError:
        raise InputError(f"{path}: is encrypted in a way that is not read; save it without a password") from None
    except (PyPdfError, OSError, *_BROKEN) as error:
        raise InputError(f"{path}: is a broken PDF ({_said(error)}); open and save it again, or leave it out") from None
    if sum(letter.isalpha() for page in pages for line in page for letter in line.text) < _FEWEST_LETTERS:
        raise InputError(f"{path}: has no text layer, it is a picture; have the text of its pages recognized (OCR)")
    return _document(path, title, without_repeated(pages))


def _document(path: Path, title: str, lines: list[PdfLine]) -> Document:
    lines = [line for line in lines if not _LEADERS.search(line.text)]
    texts = [line.text for line in lines]
    outline, body, how = Outline(), body_size(lines), JoinedLines(texts)
    sizes = sorted({line.size for line in lines if line.size > body * _LARGER}, reverse=True)
    distance = _usual_distance(lines)
    paragraph: list[PdfLine] = []

    def flush() -> None:
        if paragraph:
            outline.paragraph(how.joined(line.text for line in paragraph), page=paragraph[0].page)
            paragraph.clear()

    for at, line in enumerate(lines):
        found = heading_of(line.text, texts[max(at - _CONTEXT, 0) : at], texts[at + 1 : at + 1 + _CONTEXT])
        level = _heading_level(line, found, sizes)
        if level:
            flush()
            outline.heading(level, found.text if found else line.text)
            continue
        if paragraph and (_is_apart(line, paragraph[-1], distance) or how.begins(line.text, paragraph[-1].text)):
            flush()
        paragraph.append(line)
    flush()
    return outline.document(path, "pdf", title)


def _heading_level(line: PdfLine, found: Heading | None, sizes: list[float]) -> int | None:
    """The level of a heading, by its size among the sizes larger than the body's, or by its number.

    Where sizes tell headings, a number alone does only if it has parts (`3.1`), and capitals tell none.
    """
    if line.size in sizes and len(line.text.split()) <= _MOST_HEADING_WORDS and any(map(str.isalpha, line.text)):
        return sizes.index(line.size) + 1
    numbered = line.text[0].isdigit() and "." in line.text.split()[0].rstrip(".")
    return len(sizes) + found.level if found and (numbered or not sizes) else None


def _is_apart(line: PdfLine, last: PdfLine, distance: float) -> bool:
    return line.page == last.page and last.height - line.height > _APART * distance > 0


def _usual_distance(lines: list[PdfLine]) -> float:
    """Points between the lines of a paragraph: the distance that most have."""
    pairs = ((one, other) for one, other in itertools.pairwise(lines) if one.page == other.page)
    counts = Counter(round(one.height - other.height) for one, other in pairs)
    known = [(count, gap) for gap, count in counts.items() if 4 <= gap <= 40]
    return float(max(known)[1]) if known else 0.0


def _said(error: Any) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]

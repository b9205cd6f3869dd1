"""The lines of a PDF's text layer, with their size, page and height on it; what repeats on the pages is dropped."""

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from domain_ft.documents.document import one_space

_EDGE = 2
"""Lines at the top and at the bottom of a page that may be running heads."""
_REPEATED = 0.4
_FEWEST_PAGES = 3
_PAGE_NUMBER = re.compile(
    r"(page\s*)?[-–—]?\s*([0-9]{1,4}|[ivxlc]{1,6}|[A-Z]?[0-9]{1,2}-[0-9]{1,3})\s*[-–—]?((\s*of\s*|\s*/\s*)[0-9]{1,4})?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PdfLine:
    """A line of text."""

    text: str
    page: int
    size: float
    """Points, of most of its letters."""
    height: float
    """Points from the bottom of the page."""


def page_lines(page: Any, number: int) -> list[PdfLine]:
    """The lines of a page of pypdf, in the order of its text."""
    lines: list[PdfLine] = []
    parts: list[tuple[str, float, float]] = []

    def flush() -> None:
        text = one_space("".join(text for text, _, _ in parts))
        if text:
            letters = [(len(text.strip()), size, height) for text, size, height in parts if text.strip()]
            _, size, height = max(letters)
            lines.append(PdfLine(text, number, round(size, 1), height))
        parts.clear()

    def visit(text: str, cm: Sequence[float], tm: Sequence[float], font: Any, size: float | None) -> None:
        scale = (tm[1] ** 2 + tm[3] ** 2) ** 0.5 * (cm[1] ** 2 + cm[3] ** 2) ** 0.5
        height = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        for at, part in enumerate(text.split("\n")):
            if at:
                flush()
            if part:
                parts.append((part, (size or 0.0) * scale, height))

    page.extract_text(visitor_text=visit)
    flush()
    return lines


def without_repeated(pages: Sequence[Sequence[PdfLine]]) -> list[PdfLine]:
    """All lines but page numbers and running heads: those at the edge of many pages, equal but for their numbers."""
    edges = [{_form(line) for line in (*page[:_EDGE], *page[-_EDGE:])} for page in pages]
    counts = Counter(form for found in edges for form in found)
    often = max(_FEWEST_PAGES, _REPEATED * len([page for page in pages if page]) / 2)
    texts = {line.text.casefold() for page in pages for line in page}
    kept: list[PdfLine] = []
    for page in pages:
        last = len(page) - 1
        for at, line in enumerate(page):
            edge = at < _EDGE or at > last - _EDGE
            if edge and (counts[_form(line)] >= often or _is_page_number(line.text, texts)):
                continue
            kept.append(line)
    return kept


def body_size(lines: Iterable[PdfLine]) -> float:
    """The size of most letters."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[line.size] += len(line.text)
    return letters.most_common(1)[0][0] if letters else 0.0


def _is_page_number(text: str, texts: Container[str]) -> bool:
    """Whether a line is the page's number, alone or beside the name of a chapter that stands elsewhere, too."""
    beside = re.sub(r"^[0-9]{1,4}\s+|\s+[0-9]{1,4}$", "", text)
    return bool(_PAGE_NUMBER.fullmatch(text)) or (beside != text and _without_chapter(beside).casefold() in texts)


def _without_chapter(text: str) -> str:
    return re.sub(r"^(chapter|appendix)\s+[0-9A-Z]+\s*[:.–-]?\s*", "", text, flags=re.IGNORECASE)


def _form(line: PdfLine) -> str:
    return re.sub(r"[0-9]+", "#", line.text.casefold())

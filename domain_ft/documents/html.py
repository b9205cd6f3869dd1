"""HTML of manuals: headings, paragraphs, steps and rows of tables in their order; menus, scripts and forms left out.

What stands in `main` or `article` is the page's own; the rest of a page is its site's.
"""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from domain_ft.documents.document import Document, Outline, one_space
from domain_ft.errors import InputError

_LEFT_OUT = {
    "script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "button", "select", "svg",
    "iframe", "object", "head", "audio", "video", "canvas", "math", "figure",
}  # fmt: skip
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = {
    "p", "li", "dd", "dt", "tr", "pre", "blockquote", "div", "section", "article", "main", "body", "ul", "ol", "dl",
    "table", "thead", "tbody", "tfoot", "caption", "figcaption", "details", "summary", "center", "address", "hr", "td",
    "th", *_HEADINGS,
}  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MENUS = {"navigation", "banner", "contentinfo", "search", "complementary", "menu"}
_OF_SITE = re.compile(r"(^|[\s_-])(nav|navbar|menu|breadcrumbs?|sidebar|toc|footer|cookie)([\s_-]|$)", re.IGNORECASE)
_PERMALINKS = {"#", "¶", "§", "🔗"}
"""What a link of a heading to itself says."""
_DEPTH = 200


def read_html(path: Path) -> Document:
    """An HTML file, in the encoding that it names, else UTF-8, else Windows-1252.

    InputError where it is in none of these, or no HTML.
    """
    from lxml import etree, html

    content = path.read_bytes()
    parser = html.HTMLParser(encoding=_encoding(path, content), no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(content, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise InputError(f"{path}: holds no HTML; hand in a page, or leave it out") from None
    title = root.findtext(".//title") or ""
    outline = Outline()
    _Walk(outline).block(_own_part(root), 0)
    return outline.document(path, "html", title)


def _encoding(path: Path, content: bytes) -> str | None:
    """What to read the bytes as; None where the page itself says it."""
    if re.search(rb"charset\s*=", content[:4096], re.IGNORECASE) or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    for encoding in ("utf-8", "windows-1252"):
        with suppress(UnicodeDecodeError):
            content.decode(encoding)
            return encoding
    raise InputError(f"{path}: names no encoding, and is not UTF-8; save it as UTF-8")


def _own_part(root: Any) -> Any:
    """The element that holds what the page is about: most of the text in one `main` or `article`, else the body."""
    body = root.find("body")
    body = root if body is None else body
    candidates = body.xpath(".//main | .//*[@role='main'] | .//article")
    longest = max(candidates, key=lambda each: len(each.text_content()), default=None)
    if longest is None or len(longest.text_content()) * 5 < len(body.text_content()):
        return body
    return longest


class _Walk:
    """Blocks of a page, handed to an outline in their order; text between them is a paragraph of its own."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._loose: list[str] = []
        self._line: int | None = None

    def block(self, element: Any, depth: int) -> None:
        """All within a block element."""
        self._add(element.text, element)
        for child in element:
            self._child(child, depth + 1)
            self._add(child.tail, element)
        self._flush()

    def _child(self, child: Any, depth: int) -> None:
        name = child.tag if isinstance(child.tag, str) else ""
        if not name or name in _LEFT_OUT or depth > _DEPTH or _is_of_site(child):
            return
        if name in _HEADINGS:
            self._flush()
            self._outline.heading(_HEADINGS[name], _words(child))
        elif name == "tr":
            self._flush()
            self._outline.paragraph(_row(child), line=child.sourceline)
        elif name == "pre":
            self._flush()
            self._outline.paragraph(child.text_content(), line=child.sourceline)
        elif name in _BLOCKS:
            self._flush()
            self._loose.append(_step_mark(child))
            self.block(child, depth)
        elif name == "br":
            self._loose.append(" ")
        else:
            self._add(child.text, child)
            for inner in child:
                self._child(inner, depth + 1)
                self._add(inner.tail, child)

    def _add(self, text: str | None, element: Any) -> None:
        if text and text.strip() and self._line is None:
            self._line = element.sourceline
        self._loose.append(text or "")

    def _flush(self) -> None:
        text = one_space("".join(self._loose))
        if text and not _STEP_ALONE.fullmatch(text):
            self._outline.paragraph(text, line=self._line)
            self._loose, self._line = [], None
        elif not text:
            self._loose, self._line = [], None


_STEP_ALONE = re.compile(r"[0-9]+\.")
"""The number of a step whose words stand in a block within it."""


def _words(element: Any) -> str:
    """The words of a heading, without the link to itself."""
    parts = [element.text]
    for inner in element.iterdescendants():
        own = inner.tag != "a" or (inner.text or "").strip() not in _PERMALINKS
        parts += [inner.text if own else None, inner.tail]
    return one_space("".join(filter(None, parts)))


def _row(row: Any) -> str:
    """The cells of a row."""
    return " | ".join(filter(None, (one_space(cell.text_content()) for cell in row if cell.tag in ("td", "th"))))


def _step_mark(element: Any) -> str:
    """`3. ` for the third item of an ordered list: a procedure's steps keep their numbers."""
    parent = element.getparent()
    if element.tag != "li" or parent is None or parent.tag != "ol":
        return ""
    return f"{sum(1 for each in element.itersiblings('li', preceding=True)) + 1}. "


def _is_of_site(element: Any) -> bool:
    """Whether an element belongs to the site rather than to the page, or is not shown."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    if _HIDDEN.search(element.get("style") or "") or element.get("role") in _MENUS:
        return True
    named = f"{element.get('class') or ''} {element.get('id') or ''}"
    return element.tag in ("div", "ul", "ol", "p", "section", "table") and bool(_OF_SITE.search(named))

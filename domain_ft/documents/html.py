"""HTML of manuals: headings, paragraphs, steps and rows of tables in their order; menus, scripts and forms left out.

What stands in `main` or `article` is the page's own; the rest of a page is its site's.
"""

import codecs
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
_SITE_NAMES = re.compile(r"nav|navbar|menu|breadcrumbs?|sidebar|toc|footer|cookie", re.IGNORECASE)
_SITE_WORDS = re.compile(rf"(^|[\s_-])({_SITE_NAMES.pattern})([\s_-]|$)", re.IGNORECASE)
_SILENT = ("script", "style", "noscript", "template")
_META = re.compile(rb"<meta\b[^>]*\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml\b[^>]*\bencoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_PERMALINKS = {"#", "¶", "§", "🔗"}
"""What a link of a heading to itself says."""
_DEPTH = 200
_MOST_BROKEN = 4
"""A page is in the encoding that it names where fewer than one in so many of its letters beyond ASCII is broken."""


def read_html(path: Path) -> Document:
    """An HTML file, in the encoding that it names where its bytes are in that, else UTF-8, else Windows-1252.

    InputError where it is in none of these, or no HTML.
    """
    from lxml import etree, html

    content = _decoded(path, path.read_bytes()).encode("utf-8", "replace")
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(content, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        raise InputError(f"{path}: holds no HTML; hand in a page, or leave it out") from None
    title = root.findtext(".//title") or ""
    etree.strip_elements(root, *_SILENT, with_tail=False)
    outline, own = Outline(), _own_part(root)
    _Walk(outline, own).block(own, 0)
    return outline.document(path, "html", title)


def _decoded(path: Path, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    named = _named_encoding(content)
    for encoding in (*named, "utf-8"):
        with suppress(UnicodeError):
            return content.decode(encoding)
    for encoding in named:  # a broken character among whole ones
        text = content.decode(encoding, "replace")
        if sum(not letter.isascii() for letter in text) > _MOST_BROKEN * text.count("\ufffd"):
            return text
    with suppress(UnicodeError):
        return content.decode("windows-1252")
    raise InputError(f"{path}: names no encoding, and is not UTF-8; save it as UTF-8")


def _named_encoding(content: bytes) -> list[str]:
    """The encoding that a page names, if there is such a one, and the name itself can be read in it."""
    head = re.sub(rb"<!--.*?-->", b"", content[:4096], flags=re.DOTALL)
    named = _XML.search(head) or _META.search(head)
    if named is None:
        return []
    try:
        encoding = codecs.lookup(named[1].decode("ascii")).name
        readable = named[0].decode(encoding) == named[0].decode("ascii")
    except (LookupError, UnicodeError):
        return []
    meant = ["windows-1252", encoding] if encoding == "iso8859-1" else [encoding]  # as browsers take it
    return meant if readable else []


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

    def __init__(self, outline: Outline, own: Any) -> None:
        self._outline, self._own, self._length = outline, own, _length(own)
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
        if not name or depth > _DEPTH or self._is_left_out(child):
            return
        if name in _HEADINGS:
            self._flush()
            self._outline.heading(_HEADINGS[name], _heading(child))
        elif name == "tr" and not _is_layout(child):
            self._flush()
            self._outline.paragraph(_row(child), line=child.sourceline)
        elif name == "pre":
            self._flush()
            self._outline.paragraph(_words(child), line=child.sourceline)
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

    def _is_left_out(self, element: Any) -> bool:
        """Whether an element is no part of what the page says; the form around a whole page is one."""
        name = element.tag
        if name == "header":
            return not _stands_in_a_part(element)
        if name == "form":
            return not self._is_most(element)
        return name in _LEFT_OUT or _is_hidden(element) or self._is_of_site(element)

    def _is_of_site(self, element: Any) -> bool:
        """Whether an element is named as what belongs to a site: within the page's own part by the whole name only."""
        if element.get("role") in _MENUS:
            return True
        if element.tag not in ("div", "ul", "ol", "p", "section", "table"):
            return False
        names = _names(element)
        if any(_SITE_NAMES.fullmatch(name) for name in names):
            return True
        is_whole_page = self._own.tag in ("body", "html")
        return is_whole_page and bool(_SITE_WORDS.search(" ".join(names))) and not self._is_most(element)

    def _is_most(self, element: Any) -> bool:
        """Whether an element holds more than half of the text that is walked through, but for links: no menu does."""
        return 2 * _length(element) > self._length

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


def _heading(element: Any) -> str:
    """The words of a heading, without the link to itself, and without buttons."""
    for part in element.xpath(".//a | .//button"):
        if part.tag == "button" or one_space(part.text_content()) in _PERMALINKS:
            part.text = " "
            part[:] = []
    return _words(element)


def _words(element: Any) -> str:
    """All words of an element; a space stands where a line or a block ends."""
    from lxml import etree

    parts: list[str] = []
    for event, each in etree.iterwalk(element, events=("start", "end")):
        apart = " " if each.tag == "br" or each.tag in _BLOCKS else ""
        if event == "start":
            parts += [apart, each.text or ""]
        else:
            parts += [apart, each.tail or "" if each is not element else ""]
    return one_space("".join(parts))


def _row(row: Any) -> str:
    """The cells of a row."""
    return " | ".join(filter(None, (_words(cell) for cell in row if cell.tag in ("td", "th"))))


def _is_layout(row: Any) -> bool:
    """Whether a row divides a page rather than a table: its cells hold headings, tables, or several paragraphs."""
    if row.xpath("boolean(.//h1 | .//h2 | .//h3 | .//h4 | .//h5 | .//h6 | .//table)"):
        return True
    cells = row.xpath("./td")
    return len(cells) == len(row) and any(len(cell.findall("p")) > 1 for cell in cells)


def _step_mark(element: Any) -> str:
    """`3. ` for the third item of an ordered list: a procedure's steps keep their numbers."""
    parent = element.getparent()
    if element.tag != "li" or parent is None or parent.tag != "ol":
        return ""
    return f"{sum(1 for each in element.itersiblings('li', preceding=True)) + 1}. "


def _length(element: Any) -> int:
    """The letters of an element, but for those of links."""
    return len(element.text_content()) - sum(len(link.text_content()) for link in element.iter("a"))


def _is_hidden(element: Any) -> bool:
    shown = element.get("hidden") is None and element.get("aria-hidden") != "true"
    return not shown or bool(_HIDDEN.search(element.get("style") or ""))


def _names(element: Any) -> list[str]:
    """The classes of an element, and its id; that of a section is made of its heading, and names what it is about."""
    classes = (element.get("class") or "").split()
    is_section = element.tag == "section" or "section" in classes
    return classes if is_section else [*classes, *(element.get("id") or "").split()]


def _stands_in_a_part(element: Any) -> bool:
    """Whether an element is of an article or a section rather than of the whole site."""
    return any(above.tag in ("article", "main", "section") for above in element.iterancestors())

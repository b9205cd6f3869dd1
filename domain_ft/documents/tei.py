"""TEI XML as GROBID writes it of papers: title, abstract and body; references, figures and notes are left out.

Files come from anywhere, so entities stay unresolved, no DTD is loaded and nothing is fetched.
"""

from pathlib import Path
from typing import Any

from domain_ft.documents.document import Document, Outline, one_space
from domain_ft.errors import InputError

_NS = "{http://www.tei-c.org/ns/1.0}"
_APART = {"list", "item", "label", "lb", "p", "ab", "head", "l", "lg"}
"""Elements whose words stand apart from those beside them."""
_LEFT_OUT = {"figure", "table", "note", "formula", "listBibl"}


def read_tei(path: Path) -> Document:
    """A TEI file; InputError where it is broken XML, or XML of another kind."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(path.read_bytes(), parser)  # not by name: lxml takes no name of another encoding
    except etree.XMLSyntaxError as error:
        place = f":{error.lineno}" if error.lineno else ""
        raise InputError(f"{path}{place}: is broken XML ({_said(error)}); parse the paper again") from None
    if root is None or _name(root) != "TEI":
        raise InputError(f"{path}: is XML, but no TEI ({_name(root)}); hand in what GROBID writes")
    outline = Outline()
    title = root.find(f"./{_NS}teiHeader/{_NS}fileDesc/{_NS}titleStmt/{_NS}title")
    for abstract in root.iterfind(f"./{_NS}teiHeader/{_NS}profileDesc/{_NS}abstract"):
        outline.heading(1, "Abstract")
        _walk(abstract, outline)
    for body in root.iterfind(f"./{_NS}text/{_NS}body"):
        _walk(body, outline)
    return outline.document(path, "tei", "" if title is None else _text(title))


def _walk(element: Any, outline: Outline, level: int = 1) -> None:
    """Headings and paragraphs below an element, in their order."""
    for child in element:
        name = _name(child)
        if name == "head":
            outline.heading(max((child.get("n") or "").strip(".").count(".") + 1, level), _text(child))
        elif name in ("p", "item", "ab"):
            outline.paragraph(_text(child), line=child.sourceline)
        elif name == "div":
            _walk(child, outline, level + (_name(element) == "div"))
        elif name not in _LEFT_OUT:
            _walk(child, outline, level)


def _text(element: Any) -> str:
    """The words of an element; marks of citations and figures stay, as they stand in the sentence."""
    parts = [element.text or ""]
    for child in element:
        kept = _name(child) not in ("note", "figure", "table", "listBibl")
        apart = " " if _name(child) in _APART else ""
        parts += [apart, _text(child) if kept else "", apart, child.tail or ""]
    return one_space("".join(parts))


def _name(element: Any) -> str:
    """The name of an element without its namespace; nothing for comments, entities and the like."""
    tag = getattr(element, "tag", None)
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _said(error: Exception) -> str:
    return str(error).split(", line ")[0]

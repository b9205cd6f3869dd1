"""Small PDFs made by hand: lines of text at their places, in their sizes, as a page says them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

Line: TypeAlias = "tuple[float, float, str]"
"""Points from the bottom, size, and the words."""


def lines_down(texts: Sequence[str], *, top: float = 700, size: float = 10, apart: float = 12) -> list[Line]:
    """Lines of one size, one below the other."""
    return [(top - number * apart, size, text) for number, text in enumerate(texts)]


def write_pdf(path: Path, pages: Sequence[Sequence[Line]]) -> Path:
    """A PDF with a text layer; a page without lines is a picture to a reader."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = "".join(
            f"BT /F1 {size:g} Tf 1 0 0 1 72 {height:g} Tm ({_escaped(text)}) Tj ET\n" for height, size, text in lines
        ).encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    content, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(content))
    path.write_bytes(content + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + end)
    return path


def encrypted(path: Path, password: str) -> Path:
    """The same PDF behind a password."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(path))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="AES-256")
    target = path.with_name(f"encrypted-{path.name}")
    writer.write(target)
    return target


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")

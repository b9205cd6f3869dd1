"""Whatever bytes a document is made of, it is read or refused in a sentence that names it."""

import random
from pathlib import Path

import pytest

from domain_ft.documents.read import read_document
from domain_ft.errors import InputError
from domain_ft_tests.documents.small_pdf import encrypted, lines_down, write_pdf
from domain_ft_tests.documents.test_html import PAGE
from domain_ft_tests.documents.test_tei import TEI

LINES = ["The pump moves water from the lower basin to the upper basin."] * 5


def whole(folder: Path, kind: str) -> bytes:
    """A sound document of a kind."""
    if kind == "html":
        return PAGE.encode()
    if kind == "tei":
        return TEI.encode()
    if kind == "txt":
        return b"# Care\n1. Close the valve.\n2. Open the lid.\n" * 5
    made = write_pdf(folder / "made.pdf", [lines_down(LINES)] * 2)
    return (encrypted(made, "") if kind == "encrypted" else made).read_bytes()


def broken(content: bytes, draw: random.Random) -> bytes:
    """The same with some bytes changed, cut out, put in or said twice."""
    found = bytearray(content)
    for _ in range(draw.choice((1, 3, 10, 60))):
        at, other = draw.randrange(len(found) + 1), draw.randrange(len(found) + 1)
        match draw.randrange(4):
            case 0:
                found[at : at + 1] = draw.randbytes(1)
            case 1:
                del found[at : at + draw.choice((1, 5, 100))]
            case 2:
                found[at:at] = draw.randbytes(draw.choice((1, 8, 40)))
            case _:
                found[at:at] = found[other : other + draw.choice((5, 50, 500))]
    return bytes(found)


@pytest.mark.parametrize("kind", ["html", "tei", "txt", "pdf", "encrypted"])
def test_broken_bytes_are_read_or_refused(tmp_path: Path, kind: str) -> None:
    suffix = {"tei": "xml", "encrypted": "pdf"}.get(kind, kind)
    content, path, draw = whole(tmp_path, kind), tmp_path / f"broken.{suffix}", random.Random(kind)
    refused = 0
    for _ in range(60):
        path.write_bytes(broken(content, draw))
        try:
            assert read_document(path).sections
        except InputError as error:
            refused += 1
            said = str(error)
            assert said.startswith(str(path)), said
            assert "\n" not in said
    assert refused

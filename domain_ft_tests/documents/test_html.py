"""HTML of manuals: what the page says, in its order, and nothing of the site around it."""

from pathlib import Path

import pytest

from domain_ft.documents.html import read_html
from domain_ft.documents.read import read_document
from domain_ft.errors import InputError

PAGE = """<!doctype html><html><head><title>Care | Pumps</title><style>p {}</style></head><body>
<nav><a href="/">Home</a></nav><div class="sidebar toc">Contents</div>
<main><h1>Care<a href="#care">¶</a></h1><p>Keep the pump <b>dry</b>.<br>Always.</p>
<h2>Changing the filter</h2>
<ol><li>Open the lid.</li><li><p>Lift the filter out.</p><ul><li>Mind the seal.</li></ul></li></ol>
<p hidden>Not shown.</p><script>alert("x")</script>
<table><tr><th>Part</th><th>Torque</th></tr><tr><td>Lid</td><td>5 Nm</td></tr></table>
Loose words at the end.
</main><footer>Imprint</footer></body></html>"""


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "page.html"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_headings_steps_and_rows_survive_and_the_site_does_not(tmp_path: Path) -> None:
    document = read_html(write(tmp_path, PAGE))
    assert document.title == "Care | Pumps"
    assert [(section.path, [each.text for each in section.paragraphs]) for section in document.sections] == [
        (("Care",), ["Keep the pump dry . Always.".replace(" .", ".")]),
        (
            ("Care", "Changing the filter"),
            [
                "1. Open the lid.",
                "2. Lift the filter out.",
                "Mind the seal.",
                "Part | Torque",
                "Lid | 5 Nm",
                "Loose words at the end.",
            ],
        ),
    ]
    assert next(document.paragraphs).line == 3


def test_a_page_without_a_main_part_is_read_as_a_whole(tmp_path: Path) -> None:
    page = "<p>An unclosed paragraph<div>A block<h3>Late heading</h3>Text under it<p>and more"
    document = read_html(write(tmp_path, page))
    assert [(section.path, [each.text for each in section.paragraphs]) for section in document.sections] == [
        ((), ["An unclosed paragraph", "A block"]),
        (("Late heading",), ["Text under it", "and more"]),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "<p>Größe</p>".encode(),
        "<p>Größe</p>".encode("windows-1252"),
        '<meta charset="iso-8859-1"><p>Größe</p>'.encode("latin-1"),
        "<p>Größe</p>".encode("utf-16"),
    ],
)
def test_the_encoding_is_what_the_page_says_or_what_fits(tmp_path: Path, content: bytes) -> None:
    assert [each.text for each in read_html(write(tmp_path, content)).paragraphs] == ["Größe"]


@pytest.mark.parametrize("content", ["   ", "<script>x()</script>", "<html><body></body></html>"])
def test_a_page_that_says_nothing_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match=r"page\.html: holds no"):
        read_document(write(tmp_path, content))


def test_a_page_in_an_encoding_that_it_does_not_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names no encoding, and is not UTF-8"):
        read_html(write(tmp_path, "<p>衆議院</p>".encode("shift_jis") + b"\x81"))


def test_a_page_nested_ever_deeper_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    document = read_html(write(tmp_path, "<p>Above</p>" + "<div>" * 5000 + "deep" + "</div>" * 5000))
    assert next(document.paragraphs).text == "Above"


@pytest.mark.parametrize("mark", ["#", "¶", "§"])
def test_a_headings_link_to_itself_is_no_word_of_it(tmp_path: Path, mark: str) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        f'<body><h2>Using C# <span><a class="mark" href="#x">{mark}</a></span></h2><p>It is a language.</p>'
        f'<h2>The <a href="#y">option</a> list</h2><p>It is long.</p></body>'
    )
    assert [section.heading for section in read_html(page).sections] == ["Using C#", "The option list"]

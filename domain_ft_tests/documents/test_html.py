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


@pytest.mark.parametrize(
    "head",
    [
        '<script charset="iso-8859-1" src="x.js"></script>',
        '<script>var a = "charset=iso-8859-1";</script>',
        '<meta charset="nonsense">',
        '<meta charset="base64">',
        '<meta charset="utf-16">',
        '<meta charset="ascii">',
        '<!-- <meta charset="iso-8859-5"> -->',
    ],
)
def test_an_encoding_that_is_none_of_the_page_is_not_believed(tmp_path: Path, head: str) -> None:
    page = f"<html><head>{head}<title>Maße</title></head><body><p>Größe € 衆</p></body></html>"
    assert [each.text for each in read_html(write(tmp_path, page)).paragraphs] == ["Größe € 衆"]


@pytest.mark.parametrize(
    "head",
    [
        '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-5">',
        '<?xml version="1.0" encoding="iso-8859-5"?>',
    ],
)
def test_an_encoding_that_the_page_names_in_another_place_is_believed(tmp_path: Path, head: str) -> None:
    page = f"{head}<p>насос</p>".encode("iso-8859-5")
    assert [each.text for each in read_html(write(tmp_path, page)).paragraphs] == ["насос"]


def test_a_broken_character_spoils_no_other_one(tmp_path: Path) -> None:
    page = '<meta charset="utf-8"><p>Größe, Maße, Länge und Öl</p>'.encode() + b"<p>5 \xb0C</p>"
    said = [each.text for each in read_html(write(tmp_path, page)).paragraphs]
    assert said == ["Größe, Maße, Länge und Öl", "5 \ufffdC"]


def test_a_page_that_names_utf_8_and_is_in_windows_1252_is_read_as_such(tmp_path: Path) -> None:
    page = '<meta charset="utf-8"><p>Größe, Maße</p>'.encode("windows-1252")
    assert [each.text for each in read_html(write(tmp_path, page)).paragraphs] == ["Größe, Maße"]


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
        f'<h2>The <a href="#y">option</a> list<button>Copy</button></h2><p>It is long.</p></body>'
    )
    assert [section.heading for section in read_html(page).sections] == ["Using C#", "The option list"]


def sections(folder: Path, page: str) -> list[tuple[tuple[str, ...], list[str]]]:
    """The headings of each section, and its paragraphs."""
    found = read_html(write(folder, page)).sections
    return [(section.path, [each.text for each in section.paragraphs]) for section in found]


@pytest.mark.parametrize("part", ["article", "main", "section"])
def test_the_header_of_an_article_is_the_pages_own(tmp_path: Path, part: str) -> None:
    page = f"<body><header>Site</header><{part}><header><h1>Replacing the lamp</h1></header><p>Turn it.</p></{part}>"
    assert sections(tmp_path, page) == [(("Replacing the lamp",), ["Turn it."])]


def test_a_form_around_the_whole_page_is_walked_into(tmp_path: Path) -> None:
    page = """<body><form id="aspnetForm"><input type="hidden" value="x"><h1>Care</h1><p>Keep the pump dry.</p>
    <form>Search</form></form>"""
    assert sections(tmp_path, page) == [(("Care",), ["Keep the pump dry."])]


def test_a_form_beside_the_text_is_left_out(tmp_path: Path) -> None:
    page = "<body><h1>Care</h1><p>Keep the pump dry, and do so always.</p><form>Write to us</form>"
    assert sections(tmp_path, page) == [(("Care",), ["Keep the pump dry, and do so always."])]


@pytest.mark.parametrize("named", ['class="main-menu-settings"', 'class="toc-content"', 'id="sidebar-lamp"'])
def test_a_section_of_a_manual_about_a_menu_is_kept_within_the_pages_own_part(tmp_path: Path, named: str) -> None:
    page = f"<main><h1>Care</h1><p>Keep it dry.</p><div {named}><h2>Settings</h2><p>Press the key.</p></div></main>"
    assert sections(tmp_path, page) == [(("Care",), ["Keep it dry."]), (("Care", "Settings"), ["Press the key."])]


@pytest.mark.parametrize("named", ['<section id="menu">', '<div class="section" id="menu">'])
def test_a_section_that_is_named_after_its_heading_is_kept(tmp_path: Path, named: str) -> None:
    page = f"<main><h1>Care</h1><p>Keep it dry.</p>{named}<h2>Menu</h2><p>Press the key.</p>"
    assert sections(tmp_path, page)[1:] == [(("Care", "Menu"), ["Press the key."])]


@pytest.mark.parametrize("named", ['class="toc"', 'id="menu"', 'class="box sidebar"'])
def test_a_menu_within_the_pages_own_part_is_left_out(tmp_path: Path, named: str) -> None:
    page = f"<main><h1>Care</h1><div {named}>Contents</div><p>Keep it dry.</p></main>"
    assert sections(tmp_path, page) == [(("Care",), ["Keep it dry."])]


def test_a_page_without_a_main_part_loses_what_is_named_as_the_sites(tmp_path: Path) -> None:
    page = "<body><div class='site-footer'>Imprint</div><div class='with-sidebar'><p>Keep the pump dry.</p></div>"
    assert sections(tmp_path, page) == [((), ["Keep the pump dry."])]


def test_a_menu_that_is_longer_than_the_text_is_left_out(tmp_path: Path) -> None:
    page = f"<body><div class='left-sidebar'>{'<a href=x>Another page</a> ' * 9}</div><p>Keep the pump dry.</p>"
    assert sections(tmp_path, page) == [((), ["Keep the pump dry."])]


def test_lines_of_cells_and_headings_are_words_apart(tmp_path: Path) -> None:
    page = """<h2>Part<br>Two</h2><table><tr><td>Line one<br>Line two</td><td><ul><li>a</li><li>b</li></ul></td></tr>
    <tr><th>Torque</th><td><p>5 Nm</p><p>cold</p></td></tr></table><pre>first<br>second</pre>"""
    assert sections(tmp_path, page) == [
        (("Part Two",), ["Line one Line two | a b", "Torque | 5 Nm cold", "first second"])
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "<h2>Replacing the filter</h2><p>Open the lid.</p><p>Lift it out.</p>",
        "<table><tr><td><h2>Replacing the filter</h2>Open the lid.</td></tr><tr><td>Lift it out.</td></tr></table>",
    ],
)
def test_a_table_that_only_divides_the_page_is_walked_through(tmp_path: Path, cell: str) -> None:
    page = f"<table><tr><td>Left</td><td>{cell}</td></tr></table>"
    assert sections(tmp_path, page) == [
        ((), ["Left"]),
        (("Replacing the filter",), ["Open the lid.", "Lift it out."]),
    ]


def test_paragraphs_of_a_cell_stay_apart(tmp_path: Path) -> None:
    assert sections(tmp_path, "<table><tr><td><p>Open it.</p><p>Lift it out.</p></td></tr></table>") == [
        ((), ["Open it.", "Lift it out."])
    ]

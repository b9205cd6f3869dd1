"""PDF: lines become paragraphs under headings; what is no readable text layer is refused with its mend."""

from pathlib import Path

import pytest

from domain_ft.documents.pdf import read_pdf
from domain_ft.errors import InputError
from domain_ft_tests.documents.small_pdf import Line, encrypted, lines_down, write_pdf

BODY = [
    "The pump moves water from the lower basin to the upper ba-",
    "sin, and from there into the channel that feeds the town,",
    "day and night.",
    "A second paragraph begins after a line that is short, and",
    "it ends here as well.",
]


def page(number: int, heading: str, *, body: list[str] = BODY) -> list[Line]:
    """A page with a running head, a heading, a body and its number."""
    head, foot = [(760.0, 8.0, f"Pump manual {number}")], [(30.0, 8.0, str(number))]
    return [*head, (720.0, 16.0, heading), *lines_down([*body, f"Its last words are about {heading} alone."]), *foot]


def test_lines_are_joined_to_paragraphs_under_the_headings_that_their_size_tells(tmp_path: Path) -> None:
    pages = [page(1, "Moving water"), page(2, "Stopping the pump"), page(3, "Care"), page(4, "Repair")]
    document = read_pdf(write_pdf(tmp_path / "m.pdf", pages))
    assert [section.path for section in document.sections] == [
        ("Moving water",), ("Stopping the pump",), ("Care",), ("Repair",),
    ]  # fmt: skip
    first = document.sections[0].paragraphs
    assert [each.text for each in first] == [
        "The pump moves water from the lower basin to the upper basin, and from there into the channel that feeds the "
        "town, day and night.",
        "A second paragraph begins after a line that is short, and it ends here as well.",
        "Its last words are about Moving water alone.",
    ]
    assert [section.paragraphs[0].page for section in document.sections] == [1, 2, 3, 4]


def test_running_heads_and_page_numbers_are_dropped(tmp_path: Path) -> None:
    document = read_pdf(write_pdf(tmp_path / "m.pdf", [page(number, f"Part {number}x") for number in range(1, 6)]))
    said = " ".join(each.text for each in document.paragraphs)
    assert "Pump manual" not in said
    assert not any(each.text.isdigit() for each in document.paragraphs)


def test_numbered_headings_are_told_where_sizes_tell_none(tmp_path: Path) -> None:
    body = ["3.1 Replacing the filter", *BODY, "3.2 Draining the tank", *BODY]
    document = read_pdf(write_pdf(tmp_path / "m.pdf", [lines_down(body)]))
    assert [section.heading for section in document.sections] == ["Replacing the filter", "Draining the tank"]


def test_a_wide_gap_and_a_step_begin_a_paragraph(tmp_path: Path) -> None:
    lines = [*lines_down(BODY[:2]), *lines_down(["1. Close the valve of the upper basin", "2. Open the lid"], top=640)]
    document = read_pdf(write_pdf(tmp_path / "m.pdf", [[*lines, *lines_down(BODY, top=500)]]))
    texts = [each.text for each in document.paragraphs]
    assert texts[1:3] == ["1. Close the valve of the upper basin", "2. Open the lid"]
    assert texts[3].startswith("The pump moves water")


def test_a_picture_is_told_from_a_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"m\.pdf: has no text layer, it is a picture; have the text .* \(OCR\)"):
        read_pdf(write_pdf(tmp_path / "m.pdf", [[], []]))


def test_a_password_is_asked_for_in_a_sentence(tmp_path: Path) -> None:
    path = encrypted(write_pdf(tmp_path / "m.pdf", [page(1, "Moving water")]), "secret")
    with pytest.raises(InputError, match="is encrypted; save it without a password"):
        read_pdf(path)


def test_a_pdf_that_only_its_owner_may_change_is_read(tmp_path: Path) -> None:
    path = encrypted(write_pdf(tmp_path / "m.pdf", [page(1, "Moving water")]), "")
    assert read_pdf(path).sections[-1].heading == "Moving water"


@pytest.mark.parametrize("keep", [0, 5, 60, 300, -200, -40])
def test_a_broken_pdf_is_refused_or_read_and_never_a_traceback(tmp_path: Path, keep: int) -> None:
    whole = write_pdf(tmp_path / "m.pdf", [page(1, "Moving water"), page(2, "Care")]).read_bytes()
    path = tmp_path / "broken.pdf"
    path.write_bytes(whole[:keep] if keep else b"%PDF-1.7\n\xff\xfe garbage")
    try:
        assert read_pdf(path).sections
    except InputError as error:
        said = str(error)
        assert said.startswith(f"{path}: ")


def test_what_only_says_that_it_is_a_pdf_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.pdf"
    path.write_text("<html>404</html>")
    with pytest.raises(InputError, match=r"m\.pdf: is a broken PDF"):
        read_pdf(path)


def test_a_pdf_of_too_many_pages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has 3 pages, and generation.documents.max_pages is 2"):
        read_pdf(write_pdf(tmp_path / "m.pdf", [page(number, "Care") for number in range(3)]), max_pages=2)

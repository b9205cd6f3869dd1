"""Plain text: a paragraph per line with its true number, headings by what marks them, broken lines whole again."""

import time
from pathlib import Path

import pytest

from domain_ft.documents.plain_text import read_text
from domain_ft.errors import InputError


def test_each_line_is_a_paragraph_with_its_own_number(tmp_path: Path) -> None:
    path = tmp_path / "paper.txt"
    path.write_text("First  paragraph.\n\n\nSecond\u2028paragraph.\r\n")
    assert [(each.line, each.text) for each in read_text(path).paragraphs] == [
        (1, "First paragraph."),
        (4, "Second paragraph."),
    ]


@pytest.mark.parametrize(
    ("lines", "path"),
    [
        (["# Care", "## Cleaning the lens", "Wipe it."], ("Care", "Cleaning the lens")),
        (["3 Maintenance", "3.2 Replacing the filter", "Lift it out."], ("Maintenance", "Replacing the filter")),
        (["CHAPTER 4: Brakes", "Press the pedal."], ("Brakes",)),
        (["SAFETY PRECAUTIONS", "Wear gloves."], ("SAFETY PRECAUTIONS",)),
        (["Storage", "=======", "Keep it dry."], ("Storage",)),
    ],
)
def test_what_marks_a_heading_makes_one(tmp_path: Path, lines: list[str], path: tuple[str, ...]) -> None:
    file = tmp_path / "manual.txt"
    file.write_text("\n".join(lines) + "\n")
    (section,) = read_text(file).sections
    assert section.path == path
    assert section.paragraphs[0].line == len(lines)


@pytest.mark.parametrize(
    "lines",
    [
        ["1. Remove the cap", "2. Drain the oil", "3. Close the plug"],
        ["(5) Connect the cable", "and the clamp.", "(6) Turn the switch"],
        ["4. The approach has a glide slope (i.e., a normal one", "does)."],
        ["Section two of the law says so", "and more."],
    ],
)
def test_steps_and_beginnings_of_sentences_are_no_headings(tmp_path: Path, lines: list[str]) -> None:
    file = tmp_path / "manual.txt"
    file.write_text("\n".join(lines) + "\n")
    assert {section.path for section in read_text(file).sections} == {()}


def test_lines_that_were_broken_to_fit_a_page_are_whole_again(tmp_path: Path) -> None:
    file = tmp_path / "manual.txt"
    file.write_text(
        "The pump moves water from the lower basin to the up-\nper basin, and from there into the channel that feeds\n"
        "the town.\n\nA state-of-the-art valve, which is closed at night,\n"
        "keeps the water where it is, and a state-of-\nthe-art gauge says how much there is of it in the basin.\n"
    )
    said = [paragraph.text for paragraph in read_text(file).paragraphs]
    assert said == [
        "The pump moves water from the lower basin to the upper basin, and from there into the channel that feeds "
        "the town.",
        "A state-of-the-art valve, which is closed at night, keeps the water where it is, and a state-of-the-art gauge "
        "says how much there is of it in the basin.",
    ]


def test_a_file_with_the_mark_of_utf_16_is_read(tmp_path: Path) -> None:
    file = tmp_path / "manual.txt"
    file.write_bytes("Größe der Öffnung.".encode("utf-16"))
    assert [each.text for each in read_text(file).paragraphs] == ["Größe der Öffnung."]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"Gr\xf6\xdfe", r"m\.txt: is not UTF-8 \(byte 2\); save it as UTF-8"), (b"PK\0\3", "is binary, not text")],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "m.txt"
    file.write_bytes(content)
    with pytest.raises(InputError, match=said):
        read_text(file)


def test_an_endless_paragraph_takes_no_longer_than_its_length(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("-".join(["wordswords"] * 8) + "-\n" + "".join(f"word{'-' * 60}{n}-\n" for n in range(20_000)))
    began = time.monotonic()
    document = read_text(path)
    assert len(next(iter(document.paragraphs)).text) > 1_000_000
    assert time.monotonic() - began < 10

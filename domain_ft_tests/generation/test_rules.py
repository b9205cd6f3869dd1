"""Rules make whole sentences of headings and sentences, or nothing; what they make is deterministic and points back."""

from pathlib import Path

import pytest

from domain_ft.documents.document import Document
from domain_ft.documents.passages import passages_of
from domain_ft.documents.plain_text import read_text
from domain_ft.generation.english import Spelling, base_of_gerund, is_plural
from domain_ft.generation.heading_questions import heading_question
from domain_ft.generation.rules import MadePairs, pairs_by_rules
from domain_ft.generation.sentence_questions import sentence_question

MANUAL = """# Pump 7 handbook
This handbook is for the crew of the station, who run the pump by day and by night and keep it in good order.
## Replacing the oil filter
If the filter is clogged, replace it at once with a new one of the same kind from the store.
1. Switch the pump off and let it cool down for an hour before you begin to work on it.
2. Unscrew the old filter and catch the oil in a pan that holds at least two litres.
## Cleaning the oil pan
Wipe the pan with a dry cloth, and bring the old oil and the old filter to the store to be disposed of.
WARNING: Do not pour the old oil into the basin. It would spoil the water of the whole town for weeks.
## Oil capacity
The pan holds two litres, the gear box another half, and nothing else on the station needs any oil at all.
## Overview
A pressure gauge is a device that shows how hard the water is pushed through the pipe, in bar or in psi.
The bleed valve is used to let air out of the pipe after it was opened for work or was empty for long.
"""


@pytest.fixture
def manual(tmp_path: Path) -> Document:
    path = tmp_path / "manual.md"
    path.write_text(MANUAL)
    return read_text(path)


def made(document: Document) -> MadePairs:
    return pairs_by_rules(document, passages_of(document, 12, 120).passages)


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("Replacing the oil filter", "How do I replace the oil filter?"),
        ("3.2 Replacing Oil Filters", "How do I replace oil filters?"),
        ("CLEANING THE OIL PAN", "How do I clean the oil pan?"),
        ("Setting up the pump", "How do I set up the pump?"),
        ("Removing and installing the gauge", "How do I remove and install the gauge?"),
        ("Lubricate the bearings (continued)", "How do I lubricate the bearings?"),
        ("Adjust brake pedal", "How do I adjust the brake pedal?"),
        ("Preparing your pump", "How do I prepare my pump?"),
        ("Installing frobnicate-cli", "How do I install frobnicate-cli?"),
        ("Replacing multiple filters", "How do I replace multiple filters?"),
        ("How to drain the tank", "How do I drain the tank?"),
        ("Oil filter replacement", "How do I replace the oil filter?"),
        ("Removal of the cylinder head", "How do I remove the cylinder head?"),
        ("Gauge removal and installation", "How do I remove and install the gauge?"),
        ("Oil capacity", "What is the oil capacity?"),
        ("Torque Specifications", "What are the torque specifications?"),
        ("Engine does not start", "What should I do if the engine does not start?"),
        ("Pump will not prime", "What should I do if the pump will not prime?"),
        ("Programming a controller", "How do I program a controller?"),
        ("How to bleed the brakes?", "How do I bleed the brakes?"),
        ("Improving readability", "How do I improve readability?"),
        ("What is in the box?", "What is in the box?"),
    ],
)
def test_a_heading_becomes_the_question_that_its_section_answers(manual: Document, heading: str, question: str) -> None:
    asked = heading_question(heading, Spelling(manual))
    assert asked
    assert asked.text == question


@pytest.mark.parametrize(
    "heading",
    [
        "Operating instructions", "Charging system", "Bearing", "Wiring diagram", "Brake fluid", "Test results",
        "Introduction", "General information", "Pump 7 handbook", "Figure 3", "2019-11-04", "asn1_read_value",
        "Oil ........ 17", "Cooling system", "Control panel", "Lighting", "Zorbing the frobnicator qux", "A | B | C",
        "Electrical connection", "Handling of signals", "Commit queue", "Storing and performance", "Steering gear",
        "Reading the notes for", "--help option", "Retrieving the type of expression", "IN CASE OF FIRE", "x" * 300,
        "Local setup", "How do we do this in the shop?", "Borrow and AsRef", "Using neither", "",
    ],
)  # fmt: skip
def test_where_no_whole_sentence_can_be_made_none_is(manual: Document, heading: str) -> None:
    assert heading_question(heading, Spelling(manual)) is None


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("If the filter is clogged, replace it.", "What should I do if the filter is clogged?"),
        ("If you are on your own, call the crew.", "What should I do if I am on my own?"),
        ("If the dealer gives you a key, keep it.", "What should I do if the dealer gives me a key?"),
        ("When bearing is worn, install a new one.", "What should I do when the bearing is worn?"),
        ("WARNING: Do not pour the old oil into the basin.", "Is it safe to pour the old oil into the basin?"),
        ("Never open the lid while the pump runs.", "May I open the lid while the pump runs?"),
        ("A pressure gauge is a device that shows how hard the water is pushed.", "What is a pressure gauge?"),
        ("The bleed valve is used to let air out of the pipe.", "What is the bleed valve used for?"),
    ],
)
def test_a_sentence_of_a_known_form_becomes_a_question(sentence: str, question: str) -> None:
    asked = sentence_question(sentence)
    assert asked
    assert asked.text == question


@pytest.mark.parametrize(
    "sentence",
    [
        "If this happens, call the crew.", "If it is hot, the pump stops.", "Do not open the lid until it is cold.",
        "Do not apply voltage unless specified.", "It is a device that shows how hard the water is pushed.",
        "This is the part of the pump that wears out first.", "Do not fill tank to top of filler neck.",
        "The following is a list of all the parts there are.", "When the lamp is on, the pump runs.",
        "When we open the lid, remove the cap.", "If you specify a major, minor, and patch version, it is taken.",
        "Although Self is a keyword with special meaning, it is a name.", "Do not use salt wate a.", "Water", "",
        "If, then.",
    ],
)  # fmt: skip
def test_a_sentence_that_would_ask_for_something_else_or_for_nothing_is_left_alone(sentence: str) -> None:
    assert sentence_question(sentence) is None


def test_a_manual_becomes_pairs_whose_passages_answer_and_whose_negatives_do_not(manual: Document) -> None:
    found = {pair.query: pair for pair in made(manual).pairs}
    assert set(found) == {
        "How do I replace the oil filter?",
        "What should I do if the filter is clogged?",
        "How do I clean the oil pan?",
        "Is it safe to pour the old oil into the basin?",
        "What is the oil capacity?",
        "What is a pressure gauge?",
        "What is the bleed valve used for?",
    }
    pair = found["How do I replace the oil filter?"]
    assert "Unscrew the old filter" in pair.passage.text
    assert pair.passage.line == 4
    assert pair.negative is not None
    assert "Unscrew the old filter" not in pair.negative
    assert "Wipe the pan" in pair.negative


def test_the_same_document_gives_the_same_pairs(manual: Document) -> None:
    assert made(manual) == made(manual)


def test_names_and_abbreviations_stay_as_the_document_writes_them(tmp_path: Path) -> None:
    path = tmp_path / "manual.md"
    path.write_text("The new ECM talks to the Modbus bus. Some ECM boards speak to Modbus only. We use Ubuntu here.\n")
    spelling = Spelling(read_text(path))
    headings = ("INSTALLING THE ECM", "Configuring Modbus slaves", "Installing Ubuntu")
    said = [asked.text for heading in headings if (asked := heading_question(heading, spelling))]
    assert said == ["How do I install the ECM?", "How do I configure Modbus slaves?", "How do I install Ubuntu?"]


def test_a_question_asked_twice_or_of_a_table_of_contents_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manual.md"
    words = "and the rest of this paragraph only makes it long enough to become a passage of its own here"
    path.write_text(
        f"# One\n## Draining the tank\nOpen it, {words}.\n# Two\n## Draining the tank\nOpen the other valve, {words}.\n"
        f"# Filling the tank\nFilling .......... 17 {words} Draining .......... 18 {words}\n"
    )
    assert made(read_text(path)).refused == {"repeated": 1, "passage_of_contents": 1}


@pytest.mark.parametrize(
    ("word", "base"), [("replacing", "replace"), ("setting", "set"), ("lying", "lie"), ("spring", None)]
)
def test_gerunds_have_their_verbs(word: str, base: str | None) -> None:
    assert base_of_gerund(word) == base


@pytest.mark.parametrize(
    ("word", "plural"), [("pads", True), ("bus", False), ("chassis", False), ("lens", False), ("settings", True)]
)
def test_plurals_are_told_from_words_that_end_in_s(word: str, plural: bool) -> None:
    assert is_plural(word) is plural

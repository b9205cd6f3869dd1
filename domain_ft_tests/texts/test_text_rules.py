"""What is wrong with a text by itself."""

import pytest

from domain_ft.texts.text_rules import has_dot_leaders, has_page_marker, is_mojibake, is_template_query


@pytest.mark.parametrize(
    "text",
    ["What causes switch?", "How do I page?", "What are the steps to 33.?", "How do I ---?", "Where is the fuse?"],
)
def test_a_question_form_around_hardly_a_word_is_a_template(text: str) -> None:
    assert is_template_query(text)


@pytest.mark.parametrize(
    "text",
    [
        "How do I diagnose steep gradient?",
        "What causes the engine to stall?",
        "oil pressure low",
        "How often is oil changed?",
    ],
)
def test_a_question_about_something_is_none(text: str) -> None:
    assert not is_template_query(text)


@pytest.mark.parametrize("text", ["How do I page 1036 ---?", "end of text\n--- page 7 ---\nnext", "a\n=====\nb"])
def test_page_numbers_and_ruled_lines_are_marks_of_the_source(text: str) -> None:
    assert has_page_marker(text)


@pytest.mark.parametrize("text", ["see page 12 for the fuses", "a - b - c", "the well-known end-to-end test"])
def test_a_reference_to_a_page_is_none(text: str) -> None:
    assert not has_page_marker(text)


@pytest.mark.parametrize(
    ("text", "found"), [("Oil ........ 12", True), ("Oil . . . . . . . 3", True), ("Wait... then", False)]
)
def test_dot_leaders(text: str, found: bool) -> None:
    assert has_dot_leaders(text) == found


@pytest.mark.parametrize(("text", "found"), [("cafÃ© olÃ©", True), ("café olé", False), ("plain", False)])
def test_mojibake(text: str, found: bool) -> None:
    assert is_mojibake(text) == found

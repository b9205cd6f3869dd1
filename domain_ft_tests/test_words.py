"""How identifiers and prose become words, and which of them are distinctive."""

import pytest

from domain_ft.words import distinctive_words, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Array#pack", ["array", "pack"]),
        ("sumOfSquares", ["sum", "of", "squares", "sumofsquares"]),
        ("HTTPServer", ["http", "server", "httpserver"]),
        ("each_with_index", ["each", "with", "index", "each_with_index"]),
        ("String2Int", ["string", "2", "int", "string2int"]),
        ("JRUBY-2558: Überfall", ["jruby", "2558", "überfall"]),
        ("File::Stat.new(1)", ["file", "stat", "new", "1"]),
        ("", []),
        ("<=> !!", []),
    ],
)
def test_an_identifier_gives_its_parts_and_then_itself(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_a_word_that_few_texts_hold_is_distinctive() -> None:
    texts = [f"raises an error in case{number}x" for number in range(300)]

    found = distinctive_words(texts)

    assert "case7x" in found[7]
    assert "error" not in found[7]


def test_in_a_small_corpus_two_texts_may_share_a_distinctive_word() -> None:
    assert distinctive_words(["alpha one", "alpha two", "beta two", "two"])[0] == {"alpha", "one"}

"""Passages hold all words of a section, between two lengths, and end where sentences do."""

import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from domain_ft.documents.document import Document, Outline, Paragraph, Section
from domain_ft.documents.passages import passages_of
from domain_ft.documents.sentences import sentences

SENTENCES = st.integers(1, 30).map(lambda words: " ".join(["Word", *["word"] * (words - 1)]) + ".")
PARAGRAPHS = st.lists(SENTENCES, min_size=1, max_size=6).map(" ".join)


def document(*sections: list[str]) -> Document:
    made = (
        Section((f"Part {n}",), tuple(Paragraph(text, line) for line, text in enumerate(texts, 1)))
        for n, texts in enumerate(sections)
    )
    return Document(Path("d.txt"), "text", "", tuple(made))


@given(st.lists(PARAGRAPHS, min_size=1, max_size=8), st.integers(5, 20), st.integers(0, 40))
def test_no_word_is_lost_or_doubled_and_every_passage_has_its_length(texts: list[str], least: int, more: int) -> None:
    most = 2 * least + more
    found = passages_of(document(texts), least, most)
    assert all(least <= passage.words <= most for passage in found.passages)
    kept = [word for passage in found.passages for word in passage.text.split()]
    words = [word for text in texts for word in text.split()]
    assert len(kept) + found.words_left_out == len(words)
    if found.passages:
        assert found.words_left_out < least * (len(found.passages) + 1)
    else:
        assert len(words) < 2 * least


@given(st.integers(1, 60), st.integers(5, 20))
def test_words_keep_their_order(paragraphs: int, least: int) -> None:
    texts = [f"W{n} 1{n} 2{n} 3{n}. W{n} 4{n} 5{n} 6{n} 7{n}." for n in range(paragraphs)]
    kept = " ".join(each.text for each in passages_of(document(texts), least, 2 * least).passages).split()
    words = iter(" ".join(texts).split())
    assert all(word in words for word in kept)


def numbered(*lengths: int) -> str:
    """A paragraph of sentences of so many words each."""
    return " ".join(" ".join(["Word", *["word"] * (words - 1)]) + "." for words in lengths)


def test_a_rest_between_long_paragraphs_is_lent_a_sentence() -> None:
    for texts in ([numbered(150, 20), numbered(20), numbered(170)], [numbered(170), numbered(20), numbered(20, 150)]):
        found = passages_of(document(texts), 30, 180)
        assert sorted(passage.words for passage in found.passages) == [40, 150, 170]
        assert found.words_left_out == 0


def test_sentences_are_lent_from_one_passage_to_the_next_until_all_are_long_enough() -> None:
    found = passages_of(document([numbered(3, 4)] * 4), 5, 10)
    assert ([passage.words for passage in found.passages], found.words_left_out) == ([7, 7, 7, 7], 0)


def test_a_rest_that_no_paragraph_beside_it_can_take_is_counted() -> None:
    found = passages_of(document([numbered(170), numbered(20), numbered(170)]), 30, 180)
    assert ([passage.words for passage in found.passages], found.words_left_out) == ([170, 170], 20)


def test_nothing_is_lent_where_it_does_not_suffice() -> None:
    found = passages_of(document([numbered(160, 5), numbered(20), numbered(170)]), 30, 180)
    assert ([passage.words for passage in found.passages], found.words_left_out) == ([165, 170], 20)


@given(st.lists(PARAGRAPHS, min_size=1, max_size=5), st.lists(PARAGRAPHS, min_size=1, max_size=5))
def test_no_passage_crosses_a_section(one: list[str], other: list[str]) -> None:
    marked = [text.replace("ord", "ORD") for text in other]
    for passage in passages_of(document(one, marked), 5, 30).passages:
        assert ("ORD" in passage.text) == (passage.section == ("Part 1",))
        assert ("Word" in passage.text or "word" in passage.text) == (passage.section == ("Part 0",))


def test_a_passage_knows_the_line_of_its_first_paragraph() -> None:
    long = " ".join(["A sentence of five words."] * 6)
    found = passages_of(document([long, long, long]), 10, 40).passages
    assert [passage.line for passage in found] == sorted(passage.line or 0 for passage in found)
    assert found[0].line == 1
    assert found[-1].line == 3


def test_short_sections_are_counted() -> None:
    found = passages_of(document(["Too short."], ["This one is long enough for a passage."]), 6, 30)
    assert (len(found.passages), found.too_short, found.words_left_out) == (1, 1, 2)


def test_abbreviations_initials_and_numbers_end_no_sentence() -> None:
    text = "See Fig. 2 and Smith et al. 2019, i.e. The flow of J. R. Doe. It was 3.5 m. Then it rained! Did it? Yes."
    assert sentences(text) == [
        "See Fig. 2 and Smith et al. 2019, i.e. The flow of J. R. Doe.",
        "It was 3.5 m.",
        "Then it rained!",
        "Did it?",
        "Yes.",
    ]


def test_very_many_abbreviations_in_a_row_are_passed_over_at_once() -> None:
    began = time.process_time()
    assert len(sentences("No. " * 50_000)) == 1
    assert time.process_time() - began < 5


@given(st.text(alphabet="abc ABC.?!", max_size=80))
def test_sentences_hold_all_words(text: str) -> None:
    assert " ".join(sentences(text)).split() == text.split()


def test_what_is_no_text_is_no_part_of_a_paragraph() -> None:
    outline = Outline()
    outline.paragraph("Open\x00 the \ud800valve\x1f\u00ad.")
    assert [paragraph.text for paragraph in outline.document(Path("a.pdf"), "pdf").paragraphs] == ["Open the valve ."]

"""Every pair of texts over the threshold is found, and none below it."""

import random
from itertools import combinations
from string import ascii_lowercase

from hypothesis import given, settings
from hypothesis import strategies as st

from domain_ft.texts.near_duplicates import SHINGLE, near_duplicates
from domain_ft.words import normalized

WORDS = st.lists(
    st.sampled_from(["oil", "gear", "box", "lamp", "fuse", "panel", "change", "after"]), min_size=6, max_size=14
)
TEXT = "change the oil of the gear box after every thousand hours of work"


def jaccard(one: str, other: str) -> float:
    def shingles(text: str) -> set[str]:
        text = normalized(text)
        return {text[start : start + SHINGLE] for start in range(max(len(text) - SHINGLE, 0) + 1)}

    return len(shingles(one) & shingles(other)) / len(shingles(one) | shingles(other))


@settings(max_examples=30)
@given(st.lists(WORDS.map(" ".join), min_size=2, max_size=12, unique=True))
def test_no_pair_below_the_threshold_is_reported(texts: list[str]) -> None:
    for one, other in near_duplicates(texts, 0.8):
        assert jaccard(texts[one], texts[other]) >= 0.8


def test_every_pair_over_the_threshold_is_found() -> None:
    texts = [TEXT, f"{TEXT}!", f"{TEXT} only", "the fuse of the lamp lies behind the left panel", f"please {TEXT} now"]
    expected = [(i, j) for i, j in combinations(range(len(texts)), 2) if jaccard(texts[i], texts[j]) >= 0.8]
    assert near_duplicates(texts, 0.8) == expected
    assert len(expected) >= 3


def test_pairs_just_over_the_threshold_are_not_missed() -> None:
    lots = random.Random(1)
    texts = ["".join(lots.choices(ascii_lowercase, k=100)) for _ in range(300)]
    twins = [f"{text[:50]}-{text[51:]}" for text in texts]
    assert all(0.9 <= jaccard(text, twin) < 0.91 for text, twin in zip(texts, twins, strict=True))
    assert near_duplicates([*texts, *twins], 0.9) == [(number, number + 300) for number in range(300)]


def test_texts_that_are_the_same_but_for_case_are_not_near_but_equal() -> None:
    assert near_duplicates([TEXT, TEXT.upper()], 0.8) == []


def test_short_texts_are_compared_too() -> None:
    assert near_duplicates(["a", "b", "ab"], 0.9) == []

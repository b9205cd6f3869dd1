"""Duplicates among listed texts: what one text costs that is listed again and again."""

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from domain_ft.store.vectors import NO_PREFIXES, FloatArray
from domain_ft.uses.find_duplicates import Duplicates, find_duplicates
from domain_ft.uses.listed_texts import ListedTexts
from domain_ft.uses.used_model import UsedModel

DIMENSION = 384


@pytest.fixture
def used(tmp_path: Path) -> UsedModel:
    """A model that gives each text the direction of its first letter."""

    def encode(texts: Sequence[str]) -> FloatArray:
        return np.eye(26, DIMENSION, dtype=np.float32)[[ord(text[0].casefold()) - ord("a") for text in texts]]

    return UsedModel("letters", tmp_path / "cache", tmp_path, "base", NO_PREFIXES, encode, 16)


def listed(*texts: str) -> ListedTexts:
    names = tuple(f"line {number}" for number in range(1, len(texts) + 1))
    return ListedTexts("texts", names, texts, (None,) * len(texts), "passages")


def test_a_group_keeps_the_text_that_most_of_its_members_say(used: UsedModel) -> None:
    """Of two texts with one embedding and of their copies, the first place is the medoid; copies stand beside it."""
    found = find_duplicates(listed("a", "A", "a b", "c", "zz", "zz"), used, 0.9)
    assert [(group.members, group.medoid, group.lowest) for group in found.groups] == [
        ((0, 1, 2), 0, 1.0), ((4, 5), 4, 1.0),
    ]  # fmt: skip
    assert [result["size"] for result in found.as_json()["results"]] == [3, 2]


def test_thirty_thousand_equal_lines_are_one_group_and_measured_once(used: UsedModel) -> None:
    """Their embeddings alone would be 46 MB, one for each; nothing of that size is held."""
    copies = listed(*["the line"] * 30_000, "another")
    found: list[Duplicates] = []
    tracemalloc.start()
    try:
        found.append(find_duplicates(copies, used, 0.9))
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [len(group.members) for group in found[0].groups] == [30_000]
    assert held < 4 * DIMENSION * len(copies) / 2

"""Blocks hold whole documents, each once, and nothing is learned from what fills them up."""

from hypothesis import given
from hypothesis import strategies as st

from domain_ft.llm.causal import IGNORED
from domain_ft.starter_lm.blocks import packed

LENGTH, PAD = 16, 0
DOCUMENTS = st.lists(st.integers(1, 20), max_size=40)


@given(DOCUMENTS)
def test_blocks_hold_whole_documents(sizes: list[int]) -> None:
    found = [([number] * size, [True] * size) for number, size in enumerate(sizes, 1)]
    held: dict[int, int] = {}
    for tokens, labels in packed(iter(found), LENGTH, PAD):
        assert tokens.shape == labels.shape == (LENGTH,)
        assert [label for label in labels.tolist() if label != IGNORED] == [t for t in tokens.tolist() if t != PAD]
        for number in set(tokens.tolist()) - {PAD}:
            assert number not in held
            held[number] = tokens.tolist().count(number)
    assert all(sizes[number - 1] == count <= LENGTH for number, count in held.items())


def test_what_is_asked_is_not_learned() -> None:
    asked = ([1, 2, 3, 4], [False, False, True, True])
    tokens, labels = next(packed(iter([asked] * 100), 8, PAD))
    assert tokens.tolist() == [1, 2, 3, 4] * 2
    assert labels.tolist() == [IGNORED, IGNORED, 3, 4] * 2

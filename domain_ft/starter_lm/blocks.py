"""Documents as blocks of tokens: whole documents only, side by side, so that no answer stands without its question."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain_ft.llm.causal import IGNORED
from domain_ft.starter_lm.documents import Document
from domain_ft.starter_lm.tokenizer import END

_OPEN = 8
"""Blocks that are filled at once."""
_AT_ONCE = 256
"""Documents that are made tokens of at once."""

Tokens = tuple[list[int], list[bool]]
"""The tokens of a document, and which of them are to be learned."""


def encoded(tokenizer: Any, found: Iterator[Document]) -> Iterator[Tokens]:
    """Documents as tokens; of a conversation the answers and their ends are learned, of plain text all."""
    end = [tokenizer.token_to_id(END)]
    while part := list(islice(found, _AT_ONCE)):
        texts = [text for each in part for text in each.texts]
        ids = iter(tokenizer.encode_batch_fast(texts, add_special_tokens=False))
        for each in part:
            tokens: list[int] = []
            learned: list[bool] = []
            for message in each.messages:
                content = [*next(ids).ids, *end]
                tokens += [tokenizer.token_to_id(f"<|{message.role}|>"), *content]
                learned += [False, *([message.role == "assistant"] * len(content))]
            if not each.messages:
                tokens = [*next(ids).ids, *end]
                learned = [True] * len(tokens)
            yield tokens, learned


def packed(found: Iterator[Tokens], length: int, pad: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Blocks of `length` tokens and the labels of each, both int64 (length,); documents that are longer are left out.

    A document goes into the first open block that has room; where none has, the fullest is closed.
    """
    blocks: list[tuple[list[int], list[int]]] = [([], []) for _ in range(_OPEN)]
    for tokens, learned in found:
        if len(tokens) > length:
            continue
        place = next((n for n, (held, _) in enumerate(blocks) if len(held) + len(tokens) <= length), None)
        if place is None:
            place = max(range(_OPEN), key=lambda n: len(blocks[n][0]))
            yield _padded(*blocks[place], length, pad)
            blocks[place] = ([], [])
        blocks[place][0].extend(tokens)
        blocks[place][1].extend(t if use else IGNORED for t, use in zip(tokens, learned, strict=True))


def _padded(tokens: list[int], labels: list[int], length: int, pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    room = length - len(tokens)
    return np.array([*tokens, *[pad] * room]), np.array([*labels, *[IGNORED] * room])

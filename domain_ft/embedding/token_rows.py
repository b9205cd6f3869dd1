"""The rows of tokenized batches, told apart by what an encoder reads of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import torch
from torch import Tensor

Features = dict[str, Any]
"""What a tokenizer makes of texts: tensors (rows, tokens), padded at the end of a row, beside figures of the batch."""


@dataclass(frozen=True)
class Row:
    """One text of a batch: where it stands, how many tokens it has, and a digest of them."""

    features: Features
    number: int
    length: int
    digest: bytes


def is_tokenized(features: Features) -> bool:
    """Whether these are padded rows of tokens, and so can be told apart."""
    ids, mask = features.get("input_ids"), features.get("attention_mask")
    return isinstance(ids, Tensor) and isinstance(mask, Tensor) and ids.ndim == 2 and ids.shape == mask.shape


def rows_of(features: Features) -> list[Row]:
    """The rows of a batch; equal digests mean equal tokens, whatever the padding."""
    lengths = features["attention_mask"].sum(dim=1).tolist()
    content = torch.stack([features[name] for name in sorted(_token_tensors(features))], dim=1).cpu().numpy()
    return [
        Row(features, number, length, blake2b(content[number, :, :length].tobytes(), digest_size=16).digest())
        for number, length in enumerate(lengths)
    ]


def settings_of(features: Features) -> str:
    """What is said of a batch as a whole (the length of a prompt, a task): batches that differ in it cannot be one."""
    tokens = _token_tensors(features)
    return repr(sorted((name, _plain(value)) for name, value in features.items() if name not in tokens))


def join_rows(rows: Sequence[Row], padding: int) -> Features:
    """One batch of rows that may come from several, padded to the longest of them with the token `padding`."""
    first, width = rows[0].features, max(row.length for row in rows)
    joined: Features = dict(first)
    for name in _token_tensors(first):
        tensor = first[name].new_full((len(rows), width), padding if name == "input_ids" else 0)
        for number, row in enumerate(rows):
            tensor[number, : row.length] = row.features[name][row.number, : row.length]
        joined[name] = tensor
    return joined


def _token_tensors(features: Features) -> set[str]:
    shape = features["attention_mask"].shape
    return {name for name, value in features.items() if isinstance(value, Tensor) and value.shape == shape}


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, Tensor) else value

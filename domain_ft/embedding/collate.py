"""From rows of texts to a batch: each column tokenized at once, under its own name, as the trainer reads it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

LABEL = "label"
ROWS = "rows"
"""Key of a batch: how many rows it was made from."""

Preprocess = Callable[[list[str]], Mapping[str, Any]]


class Collator:
    """Tokenizes columns of texts; a text that is None (a missing negative) leaves its column one row shorter."""

    valid_label_columns = (LABEL,)
    """The library's trainer asks for it."""

    def __init__(self, preprocess: Preprocess, prefixes: Mapping[str, str] | None = None) -> None:
        self._preprocess, self._prefixes = preprocess, prefixes or {}

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The batch of some rows: `<column>_input_ids` and the like, `label` where the rows have one, and `rows`."""
        batch: dict[str, Any] = {ROWS: len(rows)}
        for column in rows[0]:
            values = [row[column] for row in rows if row[column] is not None]
            if column == LABEL:
                batch[LABEL] = torch.tensor(values)
            elif values:
                batch |= self.tokenized(column, values)
        return batch

    def tokenized(self, column: str, texts: list[str]) -> dict[str, Any]:
        """The features of a column, each text behind the column's prefix."""
        prefix = self._prefixes.get(column, "")
        features = self._preprocess([prefix + text for text in texts])
        return {f"{column}_{key}": value for key, value in features.items()}

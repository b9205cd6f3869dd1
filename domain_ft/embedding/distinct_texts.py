"""Each distinct text of a batch is encoded once, in whichever columns and however often it stands.

Triplets repeat texts: one change is the positive of many tests, a negative is another row's too. The embeddings of a
repeated text are the same tensor, so that its gradients add up as they would over the copies; what differs is that
dropout draws once for it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from domain_ft.embedding.token_rows import Features, Row, is_tokenized, join_rows, rows_of, settings_of


class DistinctTexts(nn.Module):
    """Stands where a loss expects its model; what it returns holds the `sentence_embedding` alone.

    Within `batch` all columns are encoded together when the loss asks for the first one. A loss that encodes in
    small portions to save memory does so without gradients, or after its value is known: each call of these is
    served by itself.
    """

    def __init__(self, model: nn.Module, padding: int) -> None:
        super().__init__()
        self.model = model
        self._padding = padding
        self._columns: Sequence[Features] = ()
        self._embedded: dict[tuple[str, bytes], Tensor] = {}

    @contextmanager
    def batch(self, columns: Sequence[Features]) -> Iterator[None]:
        """Inside, texts of these columns are encoded once for all of them."""
        self._columns = columns if all(map(is_tokenized, columns)) else ()
        try:
            yield
        finally:
            self._columns, self._embedded = (), {}

    def forward(self, features: Features, **options: Any) -> Features:
        """Encode padded rows (padded at their end); rows keep their order."""
        if not is_tokenized(features):
            return {"sentence_embedding": self.model(features, **options)["sentence_embedding"]}
        rows, settings = rows_of(features), settings_of(features)
        if self._columns and not self._embedded and torch.is_grad_enabled() and not options:
            self._embed_batch()
        known = self._embedded if torch.is_grad_enabled() and not options else {}
        if not all((settings, row.digest) in known for row in rows):
            known = self._embed(rows, settings, **options)
        return {"sentence_embedding": torch.stack([known[settings, row.digest] for row in rows])}

    def _embed_batch(self) -> None:
        """Encode all columns, those with the same settings together."""
        together: dict[str, list[Row]] = {}
        for column in self._columns:
            together.setdefault(settings_of(column), []).extend(rows_of(column))
        for settings, rows in together.items():
            self._embedded |= self._embed(rows, settings)

    def _embed(self, rows: Sequence[Row], settings: str, **options: Any) -> dict[tuple[str, bytes], Tensor]:
        distinct = {row.digest: row for row in rows}
        vectors = self.model(join_rows(list(distinct.values()), self._padding), **options)["sentence_embedding"]
        return {(settings, digest): vector for digest, vector in zip(distinct, vectors.unbind(), strict=True)}

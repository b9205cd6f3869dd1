"""Short texts beside short texts: a batch is encoded in groups of like length, so that little is spent on padding.

A batch is as wide as its longest text, and histories mix ten words with a hundred. The loss sees all embeddings of
the batch at once, as before; only the padding, and which random numbers dropout draws, differ.
"""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

CPU_ROWS = 16
GPU_ROWS = 256
"""Rows of a group: on a GPU small groups cost more in launches than they save in padding."""


class LengthGroups(nn.Module):
    """Stands where a loss expects its model; what it returns holds the `sentence_embedding` alone."""

    def __init__(self, model: "SentenceTransformer", rows: int) -> None:
        super().__init__()
        self.model = model
        self.rows = rows

    def forward(self, features: dict[str, Any], **options: Any) -> dict[str, Tensor]:
        """Encode a padded batch (rows padded at their end), group by group; rows keep their order."""
        mask = features["attention_mask"]
        order = mask.sum(dim=1).argsort(stable=True)
        vectors = [
            self.model(_rows_of(features, mask, group), **options)["sentence_embedding"]
            for group in order.split(self.rows)
        ]
        return {"sentence_embedding": torch.cat(vectors)[order.argsort()]}


def _rows_of(features: dict[str, Any], mask: Tensor, group: Tensor) -> dict[str, Any]:
    """Some rows of a batch, cut to the longest of them."""
    width = int(mask[group].sum(dim=1).max())
    return {
        name: value[group, :width] if isinstance(value, Tensor) and value.shape[:2] == mask.shape else value
        for name, value in features.items()
    }

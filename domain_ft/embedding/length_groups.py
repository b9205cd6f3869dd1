"""Short texts beside short texts: a batch is encoded in groups of like length, so that little is spent on padding.

A batch is as wide as its longest text, and histories mix ten words with a hundred. The loss sees all embeddings of
the batch at once, as before; only the padding, and which random numbers dropout draws, differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class GroupCost:
    """What a device makes of a group: what each one costs beside its tokens, and how large one may be, in tokens."""

    overhead: int
    most: int


CPU_COST = GroupCost(overhead=96, most=2048)
GPU_COST = GroupCost(overhead=8192, most=65536)
"""On a GPU small groups cost more in launches than they save in padding."""


class LengthGroups(nn.Module):
    """Stands where a loss expects its model; what it returns holds the `sentence_embedding` alone."""

    def __init__(self, model: nn.Module, cost: GroupCost) -> None:
        super().__init__()
        self.model = model
        self.cost = cost

    def forward(self, features: dict[str, Any], **options: Any) -> dict[str, Tensor]:
        """Encode a padded batch (rows padded at their end), group by group; rows keep their order."""
        mask = features["attention_mask"]
        lengths, order = mask.sum(dim=1).sort(stable=True)
        vectors = [
            self.model(_rows_of(features, mask, group), **options)["sentence_embedding"]
            for group in order.split(group_sizes(lengths.tolist(), self.cost))
        ]
        return {"sentence_embedding": torch.cat(vectors)[order.argsort()]}


def group_sizes(lengths: Sequence[int], cost: GroupCost) -> list[int]:
    """The cheapest way to cut ascending lengths into groups, each as wide as its longest row, as sizes of groups.

    Dynamic programming over where the last group begins; a group larger than allowed is one row.
    """
    count = len(lengths)
    cheapest, begins = np.zeros(count + 1), np.zeros(count + 1, dtype=int)
    for end in range(1, count + 1):
        width = max(1, lengths[end - 1])
        first = max(0, end - max(1, cost.most // width))
        candidates = cheapest[first:end] + width * np.arange(end - first, 0, -1)
        begins[end] = first + int(candidates.argmin())
        cheapest[end] = candidates.min() + cost.overhead
    sizes, end = [], count
    while end:
        sizes.append(end - int(begins[end]))
        end = int(begins[end])
    return sizes[::-1]


def _rows_of(features: dict[str, Any], mask: Tensor, group: Tensor) -> dict[str, Any]:
    """Some rows of a batch, cut to the longest of them."""
    width = int(mask[group].sum(dim=1).max())
    return {
        name: value[group, :width] if isinstance(value, Tensor) and value.shape[:2] == mask.shape else value
        for name, value in features.items()
    }

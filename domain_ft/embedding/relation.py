"""What is known of every pair of texts in a batch, and a loss that trains on all of it.

Many tests share one change, and many queries one passage. The usual ranking loss takes the partner of every other row
for a negative, so rows that belong together must be kept out of one batch, and a text that stands there ten times is
encoded ten times. Here each distinct text is encoded once, and each pair of texts is what the training set says of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from domain_ft.embedding.collate import LABEL, ROWS, Collator, Preprocess
from domain_ft.embedding.examples import OTHER_ANCHOR
from domain_ft.embedding.settings import Direction
from domain_ft.words import normalized

POSITIVE, NEGATIVE, UNKNOWN = 1, -1, 0
"""The states of a pair; an unknown one is masked: it is neither drawn together nor pushed apart."""

States = npt.NDArray[np.int8]
Pair = tuple[str, str]


class Relation:
    """The pairs (anchor, partner) of a whole training set, by their texts in the form in which they count as the same.

    Positive are the pairs of the rows. Unknown are `related` pairs, of which more is known than the rows say, either
    way round, a positive pair read the other way round, and equal texts. Everything else is negative.
    """

    def __init__(self, positives: Iterable[Pair], related: Iterable[Pair] = ()) -> None:
        self._positives: dict[str, set[str]] = defaultdict(set)
        self._unknown: dict[str, set[str]] = defaultdict(set)
        for anchor, partner in positives:
            one, other = normalized(anchor), normalized(partner)
            self._positives[one].add(other)
            self._unknown[other].add(one)
        for anchor, partner in related:
            one, other = normalized(anchor), normalized(partner)
            self._unknown[one].add(other)
            self._unknown[other].add(one)

    def states(self, anchors: Sequence[str], partners: Sequence[str]) -> States:
        """The state of each pair, (anchors, partners)."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, text in enumerate(partners):
            places[normalized(text)].append(place)
        states = np.full((len(anchors), len(partners)), NEGATIVE, dtype=np.int8)
        for row, text in zip(states, anchors, strict=True):
            key = normalized(text)
            _mark(row, places, {key} | self._unknown.get(key, set()), UNKNOWN)
            _mark(row, places, self._positives.get(key, set()), POSITIVE)
        return states


def _mark(row: States, places: Mapping[str, list[int]], texts: set[str], state: int) -> None:
    for text in places.keys() & texts:
        row[places[text]] = state


class RelationCollator(Collator):
    """Tokenizes each distinct text of a batch once per side; the label is the states of all pairs, row by row."""

    def __init__(self, preprocess: Preprocess, relation: Relation, prefixes: Mapping[str, str] | None = None) -> None:
        super().__init__(preprocess, prefixes)
        self._relation = relation

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The batch of some rows of anchor, positive and perhaps negative, which is one more partner for all.

        Another anchor, in its stead, is one more anchor for all.
        """
        anchors, partners = (
            _distinct(row[column] for column in columns for row in rows if row.get(column))
            for columns in (("anchor", OTHER_ANCHOR), ("positive", "negative"))
        )
        # Flat, for matryoshka takes a label as wide as the embeddings for embeddings, and cuts it.
        states = torch.from_numpy(self._relation.states(anchors, partners)).flatten()
        return {
            ROWS: len(rows),
            LABEL: states,
            **self.tokenized("anchor", anchors),
            **self.tokenized("positive", partners),
        }


def _distinct(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def multi_positive_loss(scores: Tensor, states: Tensor) -> Tensor:
    """InfoNCE with several positives, of scores (asked, ranked) and the states of these pairs.

    For each asked text with positives P and negatives N, the mean over p in P of
    -log(exp(s_p) / (exp(s_p) + sum over n in N of exp(s_n))), then the mean over these texts: no positive stands in
    the denominator of another (SINCERE, Feeney and Hughes 2023, arXiv 2309.14277; with one positive each it is
    InfoNCE, arXiv 1807.03748).
    """
    positive = states == POSITIVE
    # The least finite number, not -inf: of a row without negatives the gradient would be NaN.
    against = scores.masked_fill(states != NEGATIVE, torch.finfo(scores.dtype).min).logsumexp(dim=1, keepdim=True)
    losses = nn.functional.softplus(against - scores).masked_fill(~positive, 0)
    count = positive.sum(dim=1)
    asked = count > 0
    return (losses.sum(dim=1)[asked] / count[asked]).mean()


class RelationLoss(nn.Module):
    """`multi_positive_loss` of scale x cosine: partners ranked for anchors, the reverse, or the mean of both."""

    def __init__(self, model: nn.Module, scale: float, direction: Direction) -> None:
        super().__init__()
        self.model = model
        self.scale = scale
        self.direction = direction

    def forward(self, sentence_features: Iterable[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """The loss of a batch of `RelationCollator`: features of the anchors, of their partners, and the states."""
        embeddings = [self.model(features)["sentence_embedding"] for features in sentence_features]
        return self.compute_loss_from_embeddings(embeddings, labels)

    def compute_loss_from_embeddings(self, embeddings: list[Tensor], labels: Tensor) -> Tensor:
        """The same of embeddings (anchors, dimension) and (partners, dimension)."""
        anchors, partners = (nn.functional.normalize(each.float(), dim=1) for each in embeddings)
        with torch.autocast(anchors.device.type, enabled=False):  # half of a cosine's digits are lost in bf16
            scores = self.scale * anchors @ partners.T
        states = labels.view(scores.shape)
        ways = []
        if self.direction != "positive_to_anchor":
            ways.append(multi_positive_loss(scores, states))
        if self.direction != "anchor_to_positive":
            ways.append(multi_positive_loss(scores.T, states.T))
        return torch.stack(ways).mean()

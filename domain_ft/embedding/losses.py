"""The losses that a domain may ask for: one registry, each with the columns it reads.

A triplet is (anchor = test text, positive = relevant change, negative = unaffected change); the order of a loss's
columns decides what is the query and what are the documents.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain_ft.embedding.settings import Loss, TrainingSettings

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class LossRecipe:
    """A loss: which columns of a triplet it reads, in order, and how it is built."""

    columns: Callable[[TrainingSettings], tuple[str, ...]]
    build: Callable[["nn.Module", TrainingSettings], "nn.Module"]
    in_batch_negatives: bool
    """Whether the texts of other rows serve as negatives, so that no text may stand twice in a batch."""


def _triplet(model: "nn.Module", settings: TrainingSettings) -> "nn.Module":
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), with d = 1 - cosine or the Euclidean distance."""
    from sentence_transformers.sentence_transformer.losses import TripletDistanceMetric, TripletLoss

    metric = TripletDistanceMetric.COSINE if settings.distance == "cosine" else TripletDistanceMetric.EUCLIDEAN
    return TripletLoss(model, distance_metric=metric, triplet_margin=settings.triplet_margin)


def _multiple_negatives_ranking(model: "nn.Module", settings: TrainingSettings) -> "nn.Module":
    """Cross-entropy of scale x cosine over the batch (InfoNCE), in one direction or the mean of both."""
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    directions = ("query_to_doc", "doc_to_query") if settings.direction == "both" else ("query_to_doc",)
    return MultipleNegativesRankingLoss(
        model, scale=settings.scale, directions=directions, partition_mode="per_direction"
    )


def _ranking_columns(settings: TrainingSettings) -> tuple[str, ...]:
    if settings.direction == "positive_to_anchor":
        return ("positive", "anchor")
    return ("anchor", "positive", "negative") if settings.use_negative else ("anchor", "positive")


LOSSES: dict[Loss, LossRecipe] = {
    "triplet": LossRecipe(lambda settings: ("anchor", "positive", "negative"), _triplet, in_batch_negatives=False),
    "multiple_negatives_ranking": LossRecipe(_ranking_columns, _multiple_negatives_ranking, in_batch_negatives=True),
}

"""The losses that a domain may ask for: one registry, each with what it trains on and how it is built.

A triplet is (anchor, positive, negative): of a history test text, relevant change and unaffected change; of pairs
query, passage that answers and passage that does not. The formulas are sentence-transformers' but for `relation`.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain_ft.embedding.examples import Examples, Rows, labelled_pairs, ranked, related, whole_triplets
from domain_ft.embedding.settings import Loss, TrainingSettings
from domain_ft.errors import InputError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import nn


@dataclass(frozen=True)
class LossRecipe:
    """A loss: what it makes of triplets, and how it is built over a model."""

    examples: Callable[[Rows, TrainingSettings], Examples]
    build: Callable[["SentenceTransformer", TrainingSettings], "nn.Module"]
    in_batch_negatives: bool
    """Whether the texts of other rows serve as negatives, whatever they are: no text may stand twice in a batch."""
    masks_related: bool = False
    """Whether it knows, of each pair of texts in a batch, if the data relates them."""


def build_loss(
    model: "SentenceTransformer", settings: TrainingSettings, encoder: "nn.Module | None" = None
) -> "nn.Module":
    """The loss that the settings ask for, inside matryoshka if they do; `encoder` computes the model's embeddings.

    InputError for matryoshka dimensions that the model does not have.
    """
    loss = LOSSES[settings.loss].build(model, settings)
    if settings.matryoshka_dims is not None:
        loss = _matryoshka(model, loss, settings.matryoshka_dims)
    part: nn.Module | None = loss
    while encoder is not None and part is not None and hasattr(part, "model"):
        part.model = encoder
        part = getattr(part, "loss", None)
    return loss


def _triplet(model: "nn.Module", settings: TrainingSettings) -> "nn.Module":
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), with d = 1 - cosine or the Euclidean distance."""
    from sentence_transformers.sentence_transformer.losses import TripletDistanceMetric, TripletLoss

    metric = TripletDistanceMetric.COSINE if settings.distance == "cosine" else TripletDistanceMetric.EUCLIDEAN
    return TripletLoss(model, distance_metric=metric, triplet_margin=settings.triplet_margin)


def _multiple_negatives_ranking(model: "nn.Module", settings: TrainingSettings) -> "nn.Module":
    """Cross-entropy of scale x cosine over the batch (InfoNCE), in one direction or the mean of both.

    The negatives need not be as many as the rows: each is one more document for every query of the batch.
    """
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    return MultipleNegativesRankingLoss(
        model, scale=settings.scale, directions=_directions(settings), partition_mode="per_direction"
    )


def _cached_multiple_negatives_ranking(model: "nn.Module", settings: TrainingSettings) -> "nn.Module":
    """The same value and gradients, computed `mini_batch_size` texts at a time (GradCache, arXiv 2101.06983).

    Memory no longer bounds the batch; each text is encoded twice.
    """
    from sentence_transformers.sentence_transformer.losses import CachedMultipleNegativesRankingLoss

    return CachedMultipleNegativesRankingLoss(
        model,
        scale=settings.scale,
        mini_batch_size=settings.mini_batch_size,
        directions=_directions(settings),
        partition_mode="per_direction",
    )


def _gist(model: "nn.Module", settings: TrainingSettings) -> "nn.Module":
    """InfoNCE without the candidates that a guide finds nearer than the positive (GISTEmbed, arXiv 2402.16829).

    The guide is the base model as it is before training. Anchors among each other and positives among each other
    count as negatives, too, as in the paper.
    """
    from sentence_transformers.sentence_transformer.losses import GISTEmbedLoss

    guide = deepcopy(model).eval().requires_grad_(False)
    return GISTEmbedLoss(model, guide, temperature=1 / settings.scale)


def _contrastive(model: "nn.Module", settings: TrainingSettings) -> "nn.Module":
    """Mean of d^2 / 2 for positive pairs and max(0, margin - d)^2 / 2 for negative ones (Hadsell et al. 2006)."""
    from sentence_transformers.sentence_transformer.losses import ContrastiveLoss

    return ContrastiveLoss(model, distance_metric=_pair_distance(settings), margin=settings.contrastive_margin)


def _online_contrastive(model: "nn.Module", settings: TrainingSettings) -> "nn.Module":
    """The sum of the same squares over the batch's hard pairs alone.

    Hard are positives farther than the nearest negative, and negatives nearer than the farthest positive.
    """
    from sentence_transformers.sentence_transformer.losses import OnlineContrastiveLoss

    return OnlineContrastiveLoss(model, distance_metric=_pair_distance(settings), margin=settings.contrastive_margin)


def _cosine_similarity(model: "nn.Module", settings: TrainingSettings) -> "nn.Module":
    """Mean of (cosine - label)^2."""
    from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss

    return CosineSimilarityLoss(model)


def _relation(model: "nn.Module", settings: TrainingSettings) -> "nn.Module":
    """InfoNCE over all that is known of the batch's pairs (see `domain_ft.embedding.relation`)."""
    from domain_ft.embedding.relation import RelationLoss

    return RelationLoss(model, settings.scale, settings.direction)


def _matryoshka(model: "SentenceTransformer", loss: "nn.Module", dimensions: Sequence[int]) -> "nn.Module":
    """The sum of a loss over the embeddings' first n numbers, scaled to unit length (arXiv 2205.13147).

    The whole embedding is always one of them, for it is what a model is judged and mostly used by.
    """
    from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss

    whole = model.get_embedding_dimension()
    if whole is None or max(dimensions) > whole:
        raise InputError(
            f"matryoshka_dims: {max(dimensions)} is more than the {whole} dimensions of this base model; use less"
        )
    return MatryoshkaLoss(model, loss, sorted({*dimensions, whole}, reverse=True))


def _directions(settings: TrainingSettings) -> tuple[str, ...]:
    return ("query_to_doc", "doc_to_query") if settings.direction == "both" else ("query_to_doc",)


def _pair_distance(settings: TrainingSettings) -> object:
    from sentence_transformers.sentence_transformer.losses import SiameseDistanceMetric

    cosine = settings.distance == "cosine"
    return SiameseDistanceMetric.COSINE_DISTANCE if cosine else SiameseDistanceMetric.EUCLIDEAN


LOSSES: dict[Loss, LossRecipe] = {
    "triplet": LossRecipe(whole_triplets, _triplet, in_batch_negatives=False),
    "multiple_negatives_ranking": LossRecipe(ranked, _multiple_negatives_ranking, in_batch_negatives=True),
    "cached_multiple_negatives_ranking": LossRecipe(
        ranked, _cached_multiple_negatives_ranking, in_batch_negatives=True
    ),
    "gist": LossRecipe(ranked, _gist, in_batch_negatives=True),
    "contrastive": LossRecipe(labelled_pairs, _contrastive, in_batch_negatives=False),
    "online_contrastive": LossRecipe(labelled_pairs, _online_contrastive, in_batch_negatives=False),
    "cosine_similarity": LossRecipe(labelled_pairs, _cosine_similarity, in_batch_negatives=False),
    "relation": LossRecipe(related, _relation, in_batch_negatives=False, masks_related=True),
}

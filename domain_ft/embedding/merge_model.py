"""Merging the model that a trainer holds with the base that it began with, measured on validation and in general."""

from pathlib import Path
from typing import TYPE_CHECKING

from domain_ft.embedding.merge import Merge, Trial, Weights, merge
from domain_ft.embedding.models import encode_texts, load_model
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.evaluation.general.ability import GUARDED
from domain_ft.evaluation.general.task import general_task
from domain_ft.evaluation.task import RetrievalTask
from domain_ft.evaluation.validation import validation_metrics
from domain_ft.store.vectors import Prefixes

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def merge_model(
    model: "SentenceTransformer",
    base: Path,
    settings: TrainingSettings,
    task: RetrievalTask | None,
    prefixes: Prefixes,
) -> Merge | None:
    """Interpolate a model in place with the base in a folder, as the settings say; None where they do not."""
    asked = settings.merge_with_base
    if asked is None:
        return None

    def measure(share: float) -> Trial:
        metrics = validation_metrics(task, lambda texts: encode_texts(model, texts), prefixes) if task else {}
        general = validation_metrics(general_task(), lambda texts: encode_texts(model, texts), prefixes)
        return Trial(share, metrics.get(settings.checkpoint_metric), general[GUARDED])

    def use(weights: Weights) -> None:
        model.load_state_dict(dict(weights))

    return merge(
        {name: weight.detach().clone() for name, weight in model.state_dict().items()},
        load_model(base).state_dict(),
        share=None if asked == "auto" else asked,
        floor=settings.merge_floor,
        metric=settings.checkpoint_metric,
        use=use,
        measure=measure,
    )

"""The name of a model before it is trained: equal name, equal model."""

from domain_ft.embedding.settings import TrainingSettings
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.vectors import Prefixes

TRAINING_CODE_VERSION = 2
"""Raise this when the same settings and data would give another model than before."""

NOT_IN_VERSION = frozenset({
    "base_model", "base_revision", "device", "precision", "auto_batch_size", "logging_steps", "save_steps",
    "save_total_limit", "prefixes", "query_prefix", "passage_prefix",
})  # fmt: skip
"""Settings that do not change the model, or whose meaning enters resolved: the base's digest, precision, prefixes."""


def training_version(
    settings: TrainingSettings,
    *,
    dataset_digest: str,
    base_sha256: str,
    precision: str,
    prefixes: Prefixes,
) -> str:
    """12 hex digits of configuration, dataset, base model, precision, prefixes and the training code."""
    return short(
        sha256_json({
            "settings": settings.model_dump(mode="json", exclude={*NOT_IN_VERSION, *_without_effect(settings)}),
            "dataset": dataset_digest,
            "base": base_sha256,
            "precision": precision,
            "prefixes": [prefixes.query, prefixes.passage],
            "code": TRAINING_CODE_VERSION,
        })
    )  # fmt: skip


def _without_effect(settings: TrainingSettings) -> frozenset[str]:
    """Settings of a merge that is not made, or not chosen: an option that is off names no other model."""
    if settings.merge_with_base is None:
        return frozenset({"merge_with_base", "merge_floor"})
    return frozenset() if settings.merge_with_base == "auto" else frozenset({"merge_floor"})

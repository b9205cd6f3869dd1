"""The name of a model before it is trained: equal name, equal model."""

from domain_ft.embedding.settings import TrainingSettings
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.vectors import Prefixes

TRAINING_CODE_VERSION = 3
"""Raise this when the same settings and data would give another model than before."""

NOT_IN_VERSION = frozenset({
    "base_model", "base_revision", "device", "precision", "auto_batch_size", "logging_steps", "save_steps",
    "save_total_limit", "prefixes", "query_prefix", "passage_prefix", "hard_negatives_cross_encoder",
})  # fmt: skip
"""Settings that do not change the model, or whose meaning enters resolved: digests, precision, prefixes."""
MINING = frozenset(name for name in TrainingSettings.model_fields if name.startswith("hard_negatives"))
"""Settings that change the model only where negatives are mined: else they leave its name as it was without them."""


def training_version(
    settings: TrainingSettings,
    *,
    dataset_digest: str,
    base_sha256: str,
    precision: str,
    prefixes: Prefixes,
    cross_encoder_sha256: str | None = None,
) -> str:
    """12 hex digits of configuration, dataset, base model, precision, prefixes and the training code."""
    return short(
        sha256_json({
            "settings": settings.model_dump(mode="json", exclude={*NOT_IN_VERSION, *_without_effect(settings)}),
            **({"cross_encoder": cross_encoder_sha256} if settings.hard_negatives != "off" else {}),
            "dataset": dataset_digest,
            "base": base_sha256,
            "precision": precision,
            "prefixes": [prefixes.query, prefixes.passage],
            "code": TRAINING_CODE_VERSION,
        })
    )  # fmt: skip


def _without_effect(settings: TrainingSettings) -> frozenset[str]:
    """Settings of what is not done, or not chosen: an option that is off names no other model."""
    mining = MINING if settings.hard_negatives == "off" else frozenset()
    if settings.merge_with_base is None:
        return mining | {"merge_with_base", "merge_floor"}
    return mining if settings.merge_with_base == "auto" else mining | {"merge_floor"}

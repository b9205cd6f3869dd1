"""The name of a model before it is trained: equal name, equal model."""

from domain_ft.embedding.settings import TrainingSettings
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.vectors import Prefixes

TRAINING_CODE_VERSION = 2
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
    mined = settings.hard_negatives != "off"
    left_out = NOT_IN_VERSION if mined else NOT_IN_VERSION | MINING
    return short(
        sha256_json({
            "settings": settings.model_dump(mode="json", exclude=set(left_out)),
            **({"cross_encoder": cross_encoder_sha256} if mined else {}),
            "dataset": dataset_digest,
            "base": base_sha256,
            "precision": precision,
            "prefixes": [prefixes.query, prefixes.passage],
            "code": TRAINING_CODE_VERSION,
        })
    )  # fmt: skip

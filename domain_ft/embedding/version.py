"""The name of a model before it is trained: equal name, equal model."""

from domain_ft.embedding.settings import TrainingSettings
from domain_ft.store.digests import sha256_json, short

TRAINING_CODE_VERSION = 2
"""Raise this when the same settings and data would give another model than before."""

NOT_IN_VERSION = frozenset({
    "base_model", "base_revision", "device", "precision", "auto_batch_size", "logging_steps", "save_steps",
    "save_total_limit",
})  # fmt: skip
"""Settings that do not change the model, or whose meaning enters as the base's digest and the resolved precision."""


def training_version(settings: TrainingSettings, *, dataset_digest: str, base_sha256: str, precision: str) -> str:
    """12 hex digits of the configuration, the dataset, the base model, the precision and the training code."""
    return short(
        sha256_json({
            "settings": settings.model_dump(mode="json", exclude=set(NOT_IN_VERSION)),
            "dataset": dataset_digest,
            "base": base_sha256,
            "precision": precision,
            "code": TRAINING_CODE_VERSION,
        })
    )  # fmt: skip

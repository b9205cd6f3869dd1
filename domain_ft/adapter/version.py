"""The name of an adapter before it is trained: equal name, equal adapter."""

from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.requirements.prompt import DEFAULT_PROMPT
from domain_ft.requirements.score import SCORE_VERSION
from domain_ft.store.digests import sha256_json, short

ADAPTER_CODE_VERSION = 1
"""Raise this when the same settings and data would give another adapter than before."""

NOT_IN_VERSION = frozenset({"base_model", "base_revision", "device", "quantization", "save_steps", "logging_steps"})
"""Settings that do not change the adapter, or whose meaning enters resolved: digest, precision, bits."""


def adapter_version(
    settings: AdapterTrainingSettings, *, dataset_digest: str, base_sha256: str, precision: str, bits: int | None
) -> str:
    """12 hex digits of configuration, dataset, base model, precision, prompt, score and the training code."""
    return short(
        sha256_json({
            "settings": settings.model_dump(mode="json", exclude=set(NOT_IN_VERSION)),
            "dataset": dataset_digest,
            "base": base_sha256,
            "precision": precision,
            "bits": bits,
            "prompt": DEFAULT_PROMPT.digest,
            "score": SCORE_VERSION,
            "code": ADAPTER_CODE_VERSION,
        })
    )  # fmt: skip

"""Equal name, equal model."""

from typing import Any

import pytest

from domain_ft.embedding.settings import TrainingSettings
from domain_ft.embedding.version import training_version
from domain_ft.store.vectors import NO_PREFIXES, Prefixes

GIVEN = {"dataset_digest": "a" * 12, "base_sha256": "b" * 64, "precision": "fp32", "prefixes": NO_PREFIXES}
OTHER = {"dataset_digest": "c" * 12, "base_sha256": "c" * 64, "precision": "bf16", "prefixes": Prefixes("query: ", "")}


def test_a_version_is_twelve_hex_digits() -> None:
    assert len(bytes.fromhex(training_version(TrainingSettings(), **GIVEN))) == 6


@pytest.mark.parametrize(
    "change",
    [{"device": "cuda:1"}, {"logging_steps": 1}, {"save_steps": 3}, {"auto_batch_size": True}, {"precision": "fp32"}],
)
def test_device_and_logging_do_not_name_the_version(change: dict[str, Any]) -> None:
    assert training_version(TrainingSettings(**change), **GIVEN) == training_version(TrainingSettings(), **GIVEN)


@pytest.mark.parametrize("change", [{"seed": 1}, {"learning_rate": 1e-4}, {"loss": "triplet"}, {"eval_steps": 5}])
def test_what_changes_the_model_names_the_version(change: dict[str, Any]) -> None:
    assert training_version(TrainingSettings(**change), **GIVEN) != training_version(TrainingSettings(), **GIVEN)


@pytest.mark.parametrize("key", GIVEN)
def test_data_base_precision_and_prefixes_name_the_version(key: str) -> None:
    other = {**GIVEN, key: OTHER[key]}
    assert training_version(TrainingSettings(), **other) != training_version(TrainingSettings(), **GIVEN)

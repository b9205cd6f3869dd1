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


MINING = [
    {"hard_negatives_margin": 0.2},
    {"hard_negatives_range_min": 3},
    {"hard_negatives_range_max": 9},
    {"hard_negatives_cross_encoder_margin": 0.2},
    {"hard_negatives_every": 1},
]


@pytest.mark.parametrize("change", MINING, ids=str)
def test_how_negatives_are_mined_names_the_version_where_they_are(change: dict[str, Any]) -> None:
    mined = TrainingSettings(hard_negatives="model")
    assert training_version(mined, **GIVEN) != training_version(TrainingSettings(), **GIVEN)
    other = TrainingSettings(hard_negatives="model", **change)
    assert training_version(other, **GIVEN) != training_version(mined, **GIVEN)
    assert training_version(TrainingSettings(**change), **GIVEN) == training_version(TrainingSettings(), **GIVEN)


def test_the_cross_encoder_names_the_version_by_its_content() -> None:
    here, there = (TrainingSettings(hard_negatives="model", hard_negatives_cross_encoder=name) for name in "ab")
    given = {**GIVEN, "cross_encoder_sha256": "d" * 64}
    assert training_version(here, **given) == training_version(there, **given)
    assert training_version(here, **given) != training_version(here, **GIVEN)

"""What may be set, and what is refused before anything is loaded."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.adapter.version import NOT_IN_VERSION, adapter_version

OTHER: dict[str, Any] = {
    "base_model": "elsewhere", "base_revision": "main", "epochs": 1, "max_steps": 7, "batch_size": 3,
    "gradient_accumulation_steps": 5, "learning_rate": 1e-5, "schedule": "cosine", "warmup_ratio": 0.2,
    "weight_decay": 0.1, "max_grad_norm": 0.5, "max_length": 99, "lora_r": 2, "lora_alpha": 3, "lora_dropout": 0.1,
    "target_modules": ["q_proj"], "use_rslora": True, "use_dora": True, "quantization": "bf16", "device": "cpu",
    "train_limit": 9, "val_limit": 8, "early_stopping_patience": 1, "early_stopping_min_delta": 0.1, "save_steps": 3,
    "logging_steps": 2, "seed": 1,
}  # fmt: skip


def version(settings: AdapterTrainingSettings, **changes: Any) -> str:
    known = {"dataset_digest": "d", "base_sha256": "b", "precision": "fp32", "bits": None}
    return adapter_version(settings, **{**known, **changes})


def test_every_setting_is_looked_at() -> None:
    assert OTHER.keys() == AdapterTrainingSettings.model_fields.keys()


@pytest.mark.parametrize("name", OTHER)
def test_a_setting_names_another_adapter_where_it_makes_one(name: str) -> None:
    changed = version(AdapterTrainingSettings(**{name: OTHER[name]})) != version(AdapterTrainingSettings())
    assert changed == (name not in NOT_IN_VERSION)


@pytest.mark.parametrize("changes", [{"dataset_digest": "e"}, {"base_sha256": "c"}, {"precision": "bf16"}, {"bits": 4}])
def test_so_does_what_it_is_trained_on_from_and_at(changes: dict[str, Any]) -> None:
    assert version(AdapterTrainingSettings(), **changes) != version(AdapterTrainingSettings())


@pytest.mark.parametrize("written", [["v_proj", "q_proj"], "q_proj,v_proj", "[v_proj, q_proj, q_proj]"])
def test_layers_are_named_as_a_list_in_any_order(written: Any) -> None:
    assert AdapterTrainingSettings(target_modules=written).target_modules == ("q_proj", "v_proj")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("lora_r", 0),
        ("lora_alpha", 0),
        ("lora_alpha", 1.5),
        ("lora_dropout", 1),
        ("target_modules", []),
        ("quantization", "int3"),
        ("device", "tpu"),
        ("max_length", 0),
        ("epochs", 0),
    ],
)
def test_what_makes_no_adapter_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        AdapterTrainingSettings(**{name: value})

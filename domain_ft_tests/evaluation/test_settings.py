"""The benchmark's settings."""

import pytest
from pydantic import ValidationError

from domain_ft.evaluation.settings import BenchmarkSettings


def test_the_defaults_are_those_of_the_design() -> None:
    settings = BenchmarkSettings()

    assert settings.primary_metric == "map"
    assert settings.split == "test"
    assert settings.confidence == 0.95


@pytest.mark.parametrize(
    "wrong", [{"primary_metric": "ndcg@10"}, {"guard_metrics": ["speed"]}, {"confidence": 1}, {"resamples": 5}]
)
def test_an_unknown_choice_or_impossible_value_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BenchmarkSettings.model_validate(wrong)

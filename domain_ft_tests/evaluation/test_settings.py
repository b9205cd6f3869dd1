"""The benchmark's settings."""

import pytest
from pydantic import ValidationError

from domain_ft.evaluation.settings import BenchmarkSettings, HistoryBenchmarkSettings, PairBenchmarkSettings


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


@pytest.mark.parametrize(
    ("settings", "metric"), [(PairBenchmarkSettings, "apfd"), (HistoryBenchmarkSettings, "accuracy_at_5")]
)
def test_a_metric_that_says_nothing_of_the_data_is_refused(settings: type[BenchmarkSettings], metric: str) -> None:
    for wrong in ({"primary_metric": metric}, {"guard_metrics": [metric]}, {"gates": [f"{metric} >= 0.5"]}):
        with pytest.raises(ValidationError):
            settings.model_validate(wrong)


def test_gates_are_a_list_or_one_line_of_the_command_line_and_mean_the_same() -> None:
    listed = PairBenchmarkSettings.model_validate({"gates": ["recall@5 >= 0.60", "MRR@10 > .5"]})
    typed = PairBenchmarkSettings.model_validate({"gates": "recall_at_5>=0.6,mrr_at_10>0.5"})
    assert listed.gates == typed.gates == ("recall_at_5 >= 0.6", "mrr_at_10 > 0.5")

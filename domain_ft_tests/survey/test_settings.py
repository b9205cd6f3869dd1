"""Settings of a survey: what is refused, and by which key a model is found."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain_ft.errors import InputError
from domain_ft.survey.settings import SurveySettings, chosen_model


def test_models_may_be_written_as_the_command_line_writes_a_list() -> None:
    assert SurveySettings.model_validate({"models": "[a:1b, ./b]"}).models == ("a:1b", "./b")


@pytest.mark.parametrize("models", [("a", "a"), ("a", "a:latest"), ("A:1b", "a:1b"), ("./x/b", "./y/b"), ("b", "./b")])
def test_two_models_of_one_name_are_refused(models: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match="would both be called"):
        SurveySettings(models=models)


@pytest.mark.parametrize(
    "wrong",
    [
        {"models": ("two words",)},
        {"limit": 0},
        {"repeats": 0},
        {"split": "all"},
        {"confidence": 1},
        {"choice": {"minimum_effect": 0}},
        {"choice": {"among_equals": "cheaper"}},
        {"opions": {}},
    ],
)
def test_a_wrong_setting_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SurveySettings.model_validate(wrong)


def test_a_model_is_found_by_its_partition() -> None:
    settings = SurveySettings(models=("a:1b", "./models/mine"))
    assert (chosen_model(settings, "a:1b"), chosen_model(settings, "mine")) == ("a:1b", "./models/mine")
    with pytest.raises(InputError, match="c: the survey has no such model; its models are: a:1b, mine"):
        chosen_model(settings, "c")

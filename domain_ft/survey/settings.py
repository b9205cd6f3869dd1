"""Which local models are surveyed, what they are asked, and by which rule one of them is chosen."""

from typing import Literal

from pydantic import Field, field_validator

from domain_ft.errors import InputError
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.llm.settings import OllamaSettings
from domain_ft.settings import Settings, listed
from domain_ft.survey.model_name import checked_model, partition_key


class SurveyChoiceSettings(Settings):
    """The rule by which a base model is chosen."""

    valid_share: float = Field(
        0.8,
        ge=0,
        le=1,
        description="Share of valid answers (they parse, and end by themselves) that a base model must have.",
    )
    minimum_effect: float = Field(
        0.01, gt=0, le=1, description="Models that score at most this much less than the best one are its equals."
    )
    among_equals: Literal["faster", "smaller"] = Field(
        "faster", description="Which of equals is chosen: by median seconds per answer, or by memory."
    )


class SurveySettings(Settings):
    """The survey of local models."""

    models: tuple[str, ...] = Field(
        (), description="Tags of Ollama, or folders of local models: paths that begin with ./, ../, / or ~/."
    )
    split: Literal["train", "validation", "test"] = Field(
        "validation", description="Whose concepts are asked about; test is best left to the benchmark."
    )
    limit: int | None = Field(None, ge=1, description="Ask about the first so many records; null asks about all.")
    repeats: int = Field(1, ge=1, description="Answers to each question, each drawn with a seed of its own.")
    options: GenerationOptions = Field(
        default_factory=lambda: GenerationOptions(), description="How the answers are generated."
    )
    ollama: OllamaSettings = Field(default_factory=lambda: OllamaSettings(), description="The server of the tags.")
    device: str = Field("auto", description="Of local models: `auto`, `cpu`, `cuda`, or `cuda:N`.")
    choice: SurveyChoiceSettings = Field(
        default_factory=lambda: SurveyChoiceSettings(), description="How a base model is chosen."
    )
    confidence: float = Field(0.95, gt=0.5, lt=1, description="Level of the confidence intervals.")

    @field_validator("models", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return listed(value)

    @field_validator("models")
    @classmethod
    def _told_apart(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        named: dict[str, str] = {}
        for text in value:
            try:
                model = checked_model(text)
            except ValueError as error:
                raise ValueError(f"{text!r}: {error}") from None
            key = partition_key(model).casefold()
            if key in named:
                raise ValueError(f"{model} and {named[key]} would both be called {partition_key(model)}; name one")
            named[key] = model
        return tuple(named.values())


def chosen_model(settings: SurveySettings, key: str) -> str:
    """The model of that partition key; InputError names those there are."""
    by_key = {partition_key(model): model for model in settings.models}
    if key not in by_key:
        raise InputError(f"{key}: the survey has no such model; its models are: {', '.join(by_key) or 'none'}")
    return by_key[key]

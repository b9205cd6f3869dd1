"""How answers are compared, and by which rule a tuned model is worth delivering."""

from typing import Literal, Self

from pydantic import Field, model_validator

from domain_ft.llm.protocol import GenerationOptions
from domain_ft.settings import Settings

Zeros = Literal["pratt", "wilcox", "zsplit"]


class ComparisonSettings(Settings):
    """The comparison of a tuned model with its base and with answers that take no model."""

    split: Literal["validation", "test"] = Field(
        "test", description="Whose concepts are asked about; settings are chosen on validation, and judged on test."
    )
    limit: int | None = Field(None, ge=1, description="Ask about the first so many records; null asks about all.")
    repeats: int = Field(1, ge=1, description="Answers to each question, each drawn with a seed of its own.")
    options: GenerationOptions = Field(
        default_factory=lambda: GenerationOptions(), description="How the answers of every arm are generated."
    )
    batch_size: int = Field(16, ge=1, description="Questions that a local model answers at once.")
    minimum_effect: float = Field(
        0.05, gt=0, le=1, description="Difference in score from which on a tuned model is worth its delivery."
    )
    confidence: float = Field(0.95, gt=0.5, lt=1, description="Level of the confidence intervals.")
    resamples: int = Field(2000, ge=200, description="Draws of the bootstrap and of the permutation test.")
    wilcoxon_zeros: Zeros = Field(
        "pratt",
        description="What the signed-rank test does with families without a difference: rank and drop them, drop them "
        "first, or split their ranks.",
    )
    seed: int = Field(42, ge=0, description="Equal seeds give equal intervals and p-values.")

    @model_validator(mode="after")
    def _drawn_to_be_repeated(self) -> Self:
        if self.repeats > 1 and self.options.temperature == 0:
            raise ValueError(
                f"repeats: {self.repeats} answers at temperature 0 are the same one; set options.temperature above 0, "
                "or repeats to 1"
            )
        return self

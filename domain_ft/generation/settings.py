"""How pairs are made of documents."""

from typing import Literal

from pydantic import Field, model_validator

from domain_ft.documents.settings import DocumentSettings
from domain_ft.llm.protocol import GenerationOptions
from domain_ft.llm.settings import OllamaSettings
from domain_ft.settings import Settings

By = Literal["rules", "ollama"]


class QuestionOptions(GenerationOptions):
    """How a model writes questions: with some chance, so that another seed says something else."""

    temperature: float = Field(0.3, ge=0, description="0 always takes the likeliest token.")


class GenerationSettings(Settings):
    """Pairs made of documents: by whom, of how long passages, and what is asked of them."""

    by: By = Field("rules", description="What makes them: rules (from headings and procedures), or a model of Ollama.")
    model: str | None = Field(None, description="The model's tag; needed with `by: ollama`.")
    per_passage: int = Field(2, ge=1, le=20, description="Questions that a model is asked for of each passage.")
    least_words: int = Field(30, ge=5, description="Words of a passage, at least; shorter sections have none.")
    most_words: int = Field(180, ge=20, description="Words of a passage, at most.")
    least_grounded: float = Field(
        0.7,
        ge=0,
        le=1,
        description="Share of a model's answer's words (but for the most common) that the passage holds.",
    )
    tries: int = Field(3, ge=1, description="Times that a passage is asked about until an answer can be used.")
    patience_s: float = Field(600.0, ge=0, description="Seconds that a server which is gone is waited for.")
    options: QuestionOptions = Field(
        default_factory=lambda: QuestionOptions(),
        description="How a model generates; each further try takes the next seed.",
    )
    ollama: OllamaSettings = Field(
        default_factory=lambda: OllamaSettings(), description="How the server is asked; OLLAMA_HOST names it."
    )
    documents: DocumentSettings = Field(
        default_factory=lambda: DocumentSettings(), description="Which documents, and how large they may be."
    )

    @model_validator(mode="after")
    def _of_some_length(self) -> "GenerationSettings":
        if self.most_words < 2 * self.least_words:
            raise ValueError(
                f"most_words ({self.most_words}) must be at least twice least_words ({self.least_words}): longer texts "
                "are divided into passages that are both"
            )
        return self

"""How passages are indexed and searched."""

from typing import Literal

from pydantic import Field

from domain_ft.settings import Settings

Language = Literal[
    "Danish", "Dutch", "English", "Finnish", "French", "German", "Hungarian", "Italian", "Norwegian", "Portuguese",
    "Russian", "Spanish", "Swedish",
]  # fmt: skip
"""Those of which the store knows both the stems and the stop words."""


class IndexSettings(Settings):
    """The index of a domain's passages."""

    exact_up_to: int = Field(
        300_000,
        ge=0,
        description="Up to so many passages a search looks at every vector; beyond, at those of the nearest "
        "partitions, as many as `minimum_recall` takes.",
    )
    minimum_recall: float = Field(
        0.99,
        gt=0,
        le=1,
        description="Share of the ten truly nearest that a search must find, as measured when the index is made; with "
        "fewer more partitions are looked at, in the end all.",
    )
    recall_queries: int = Field(200, ge=1, le=10_000, description="Queries that this share is measured on.")
    language: Language = Field("English", description="Whose stems and stop words are used.")
    stem: bool = Field(True, description="Whether `pumps` finds `pump`.")
    stop_words: bool = Field(True, description="Whether words such as `the` are passed over.")
    depth: int = Field(100, ge=10, le=1000, description="How many passages of each order the hybrid puts together.")
    vector_weight: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Weight of the meaning in the hybrid, the rest is the words'; null: 0.5 (plain reciprocal rank "
        "fusion) unless another one wins against it on validation queries.",
    )
    longest_query: int = Field(10_000, ge=100, description="Characters of a query that are looked at.")

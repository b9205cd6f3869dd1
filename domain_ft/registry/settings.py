"""When a candidate becomes the champion."""

from pydantic import Field

from domain_ft.settings import Settings


class PromotionSettings(Settings):
    """The gate between a candidate and the alias `champion`."""

    margin: float = Field(0.02, ge=0, lt=1, description="A guard metric may fall this far below the base, no further.")
    keep_versions: int = Field(5, ge=1, description="Newest model versions kept beside champion, previous, challenger.")


class EmbeddingPromotionSettings(PromotionSettings):
    """That of an embedding model."""

    minimum_effect: float = Field(0.01, gt=0, lt=1, description="The smallest gain worth deciding about.")


class AdapterPromotionSettings(PromotionSettings):
    """That of an adapter."""

    margin: float = Field(
        0.1, ge=0, lt=1, description="Perplexity of everyday text may rise by this share of the base's, no further."
    )

"""How strange queries are told from a domain's own."""

from typing import Literal

from pydantic import Field

from domain_ft.settings import Settings


class OutOfDistributionSettings(Settings):
    """A distance to the queries trained on, and from where on a query counts as a stranger."""

    method: Literal["auto", "knn", "mahalanobis"] = Field(
        "auto",
        description="Distance to the k-th nearest training query, or to their mean by their covariance; `auto` takes "
        "the one that tells strangers better on validation.",
    )
    neighbours: int = Field(10, ge=1, le=1000, description="The k of `knn`.")
    false_positive_rate: float = Field(
        0.05, gt=0, lt=0.5, description="Share of the domain's own queries that may be taken for strangers."
    )
    most_training_queries: int = Field(
        20_000, ge=10, le=200_000, description="Of more training queries a sample is kept to compare with."
    )
    most_strangers: int = Field(
        1000,
        ge=10,
        le=10_000,
        description="Queries of each source of strangers, at most: so many to choose by, and so many to measure with.",
    )
    seed: int = Field(42, ge=0, lt=2**32, description="Seed of the samples and of the resampling.")

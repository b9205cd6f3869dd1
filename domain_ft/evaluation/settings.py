"""How a benchmark is computed."""

from typing import Literal

from pydantic import Field, field_validator

from domain_ft.settings import Settings, listed

RankMetric = Literal["map", "mrr_at_10", "recall_at_10", "ndcg_at_10", "apfd"]


class BenchmarkSettings(Settings):
    """What the arms are compared on; the split, corpus and texts are the same for every arm."""

    primary_metric: RankMetric = Field("map", description="The metric that the verdict is about.")
    guard_metrics: tuple[RankMetric, ...] = Field(
        ("mrr_at_10", "recall_at_10", "apfd"), description="Metrics that must not fall below the base model's."
    )
    resamples: int = Field(2000, ge=100, le=100_000, description="Bootstrap resamples and permutations.")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="Level of the confidence intervals.")
    split: Literal["test", "validation"] = Field("test", description="Which held-out split is judged on.")
    examples: int = Field(10, ge=0, le=100, description="Best gains and worst regressions shown as texts.")
    batch_size: int = Field(128, ge=1, description="Texts encoded at once.")
    seed: int = Field(42, ge=0, lt=2**32, description="Seed of the resampling and of the random arm.")

    @field_validator("guard_metrics", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return listed(value)


class PairBenchmarkSettings(BenchmarkSettings):
    """The same settings with the defaults of a domain of pairs, where one passage is looked for."""

    primary_metric: RankMetric = Field("mrr_at_10", description="The metric that the verdict is about.")
    guard_metrics: tuple[RankMetric, ...] = Field(
        ("recall_at_10", "ndcg_at_10"), description="Metrics that must not fall below the base model's."
    )

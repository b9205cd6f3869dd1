"""How a benchmark is computed."""

from typing import Literal, get_args

from pydantic import Field, field_validator

from domain_ft.evaluation.gates import parse_gate
from domain_ft.evaluation.metric_names import HistoryMetric, PairMetric
from domain_ft.settings import Settings, listed

RankMetric = HistoryMetric | PairMetric
_PRIMARY = "The metric that the verdict is about."
_GUARDS = "Metrics that must not fall below the base model's."


class BenchmarkSettings(Settings):
    """What the arms are compared on; the split, corpus and texts are the same for every arm."""

    primary_metric: RankMetric = Field("map", description=_PRIMARY)
    guard_metrics: tuple[RankMetric, ...] = Field(("mrr_at_10", "recall_at_10", "apfd"), description=_GUARDS)
    general_ability: Literal["guard", "report", "off"] = Field(
        "guard",
        description="Everyday sentences, ranked by base and candidate: a guard metric, only reported, or left out.",
    )
    gates: tuple[str, ...] = Field(
        (), description="What is aimed at, such as `recall@5 >= 0.6`: shown as passed or failed, never the verdict."
    )
    latency_runs: int = Field(
        100, ge=0, le=10_000, description="Queries timed one by one, after warm-up; 0 leaves out all timing."
    )
    resamples: int = Field(2000, ge=100, le=100_000, description="Bootstrap resamples and permutations.")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="Level of the confidence intervals.")
    split: Literal["test", "validation"] = Field("test", description="Which held-out split is judged on.")
    examples: int = Field(10, ge=0, le=100, description="Best gains and worst regressions shown as texts.")
    batch_size: int = Field(128, ge=1, description="Texts encoded at once.")
    seed: int = Field(42, ge=0, lt=2**32, description="Seed of the resampling, the random arm and the samples.")

    @field_validator("guard_metrics", "gates", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return listed(value)

    @field_validator("gates")
    @classmethod
    def _parsed(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(parse_gate(text, cls.rank_metrics())) for text in value)

    @classmethod
    def rank_metrics(cls) -> tuple[str, ...]:
        """The rank metrics that may be chosen."""
        return tuple(name for part in (HistoryMetric, PairMetric) for name in get_args(part))


class HistoryBenchmarkSettings(BenchmarkSettings):
    """The same settings for a history, where all tests that a change concerns are to come early."""

    primary_metric: HistoryMetric = Field("map", description=_PRIMARY)
    guard_metrics: tuple[HistoryMetric, ...] = Field(("mrr_at_10", "recall_at_10", "apfd"), description=_GUARDS)

    @classmethod
    def rank_metrics(cls) -> tuple[str, ...]:
        return get_args(HistoryMetric)


class PairBenchmarkSettings(BenchmarkSettings):
    """The same settings for pairs, where one passage is looked for."""

    primary_metric: PairMetric = Field("mrr_at_10", description=_PRIMARY)
    guard_metrics: tuple[PairMetric, ...] = Field(("recall_at_10", "ndcg_at_10"), description=_GUARDS)
    evaluation_file: str | None = Field(
        None, description="Pairs judged by people, in the columns of `source`: reported beside the split."
    )

    @classmethod
    def rank_metrics(cls) -> tuple[str, ...]:
        return get_args(PairMetric)

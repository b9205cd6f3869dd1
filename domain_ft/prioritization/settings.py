"""How tests are put in order, how that is judged, and what must run in any case."""

import re
from typing import Literal

from pydantic import Field, field_validator

from domain_ft.prioritization.learned.settings import LambdarankSettings, NetworkSettings
from domain_ft.settings import Settings, listed

Faults = Literal["relevant", "failing"]
FAULTS_MEANING: dict[Faults, str] = {
    "relevant": "runs that the build's change concerns, by triplets.relevance",
    "failing": "failing runs",
}
_RULE = re.compile(r"(test|text):.+|new|failed_last")


class SemanticSettings(Settings):
    """Which model gives the meaning."""

    model_name: str = Field(
        "champion",
        min_length=1,
        description="`champion`, `newest`, a version, `starter`, a folder or a hub id (`id@revision`); `none`: orders "
        "without a model alone, for which no dataset is needed.",
    )


class LookbackSettings(Settings):
    """How far the features look back."""

    window: int = Field(5, ge=1, description="Runs of the recent failure rate.")
    half_life: float = Field(10, gt=0, description="Runs after which an outcome counts half in the decayed rate.")
    neighbours: int = Field(10, ge=1, description="Nearest earlier changes whose consequences count.")
    builds: int = Field(2000, ge=1, description="Newest builds among which those are looked for.")
    parallel_tests: int = Field(
        1, ge=1, description="Tests that a build runs at once; it has ended after its durations divided by this."
    )


class PrioritizationSettings(Settings):
    """The prioritization experiment, and the daily ranking that follows from it."""

    semantic: SemanticSettings = Field(default_factory=lambda: SemanticSettings(), description="The model.")
    features: LookbackSettings = Field(default_factory=lambda: LookbackSettings(), description="The past.")
    faults: Faults = Field(
        "failing",
        description="What is to come early: failing runs, or runs that the change concerns (triplets.relevance). The "
        "report has the other reading beside it.",
    )
    fault_mapping: Literal["one_per_test", "one_per_build"] = Field(
        "one_per_test", description="Whether each such test is a fault of its own, or all of a build are one."
    )
    primary_metric: Literal["apfd", "normalized_apfd", "apfdc", "map"] = Field(
        "apfd", description="The metric by which orders are chosen on validation, and judged."
    )
    learned: bool = Field(True, description="Whether learned orders (trees and the network) are trained, too.")
    learned_without: tuple[str, ...] = Field(
        (),
        description="Features that what learns must not see: such as `days_since_run` where a file was made so that it "
        "gives the verdict away.",
    )
    lambdarank: LambdarankSettings = Field(default_factory=lambda: LambdarankSettings(), description="The trees.")
    network: NetworkSettings = Field(default_factory=lambda: NetworkSettings(), description="The network.")
    order: Literal[
        "auto",
        "failure_rate",
        "recently_failed",
        "cheapest_first",
        "bm25",
        "tuned_cosine",
        "hybrid",
        "hybrid_tuned",
        "lambdarank",
        "lambdarank_tuned",
    ] = Field("auto", description="What `rank` orders by; auto: what the experiment chose.")
    last_builds: int = Field(
        50, ge=2, description="Newest judged builds on which the model must not lose to the hybrid without it."
    )
    random_orders: int = Field(10, ge=1, le=100, description="Random orders whose mean is the floor.")
    resamples: int = Field(2000, ge=100, le=100_000, description="Bootstrap resamples and permutations.")
    confidence: float = Field(0.95, gt=0.5, lt=1, description="Level of the confidence intervals.")
    must_run: tuple[str, ...] = Field(
        (),
        description="Tests that come first whatever the ranking: `test:GLOB` by id, `text:GLOB` by text (without "
        "case), `new` (never run), `failed_last` (failed when last run).",
    )
    seed: int = Field(42, ge=0, lt=2**31, description="Seed of random orders, resampling and training.")

    @field_validator("must_run", "learned_without", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return listed(value)

    @field_validator("must_run")
    @classmethod
    def _rules(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for rule in value:
            if not _RULE.fullmatch(rule):
                raise ValueError(f"{rule!r} is no rule; write test:GLOB, text:GLOB, new or failed_last")
        return value

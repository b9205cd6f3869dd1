"""How triplets are mined from an execution history."""

from typing import Literal

from pydantic import Field

from domain_ft.history.settings import Relevance
from domain_ft.settings import Settings
from domain_ft.splits.settings import SplitSettings

FLAKY_FROM_RUNS = 5
"""A test is not called flaky on fewer runs than this."""


class TripletSettings(Settings):
    """What becomes a triplet (test, relevant change, unaffected change), and how many."""

    sample_size: int | None = Field(None, ge=1, description="Use only this many newest runs; null for all.")
    relevance: Relevance = Field("flip", description="Which runs make a change relevant to a test.")
    min_fail_builds: int = Field(1, ge=0, description="Leave out tests that failed in fewer builds.")
    min_pass_builds: int = Field(1, ge=0, description="Leave out tests that passed in fewer builds.")
    max_triplets_per_test: int = Field(10, ge=1, description="At most this many triplets of one test and split.")
    max_per_build: int | None = Field(6, ge=1, description="At most this many triplets from one build; null for all.")
    negatives: Literal["random", "hard"] = Field(
        "random",
        description="The unaffected change: random, or hard (of the same area and nearest to the test by BM25).",
    )
    flaky_threshold: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Leave out tests whose verdict flips in a larger share of their runs (judged from 5 runs on).",
    )
    split: SplitSettings = Field(default_factory=lambda: SplitSettings(), description="What is held out.")
    minimum: int = Field(50, ge=1, description="Fewer training triplets than this block the training.")
    seed: int = Field(42, ge=0, description="Seed of every random choice.")

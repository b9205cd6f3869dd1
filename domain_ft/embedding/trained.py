"""What is known about a model when its training has ended: the source of its manifest, its card and its log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain_ft.embedding.freeze import ParameterCounts
from domain_ft.embedding.merge import Merge
from domain_ft.embedding.prefix_cache import PrefixUse
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.evaluation.collapse import Spread
from domain_ft.evaluation.statistics import Estimate
from domain_ft.training.checkpoints import Spent


@dataclass(frozen=True)
class Validation:
    """The figures that chose the checkpoint: the tuned model's and the base model's, on the same sample of builds."""

    queries: int
    tests: int
    metric: str
    tuned: Mapping[str, Estimate]
    base: Mapping[str, float]

    @property
    def means(self) -> dict[str, float]:
        """The tuned model's figures without their intervals."""
        return {name: estimate.mean for name, estimate in self.tuned.items()}


@dataclass(frozen=True)
class Training:
    """A training that has ended: what went in, what it took, and what came of it."""

    settings: TrainingSettings
    device: str
    processes: int
    counts: ParameterCounts
    prefix: PrefixUse | None
    examples: int
    unit: str
    """What an example is: triplets, or pairs."""
    steps: int
    best_step: int | None
    spent: Spent
    merge: Merge | None
    validation: Validation | None
    log: Sequence[Mapping[str, Any]]
    spread: Spread
    warnings: tuple[str, ...]

    @property
    def examples_per_second(self) -> float:
        """Examples per second of the steps alone."""
        return self.spent.examples / self.spent.step_seconds if self.spent.step_seconds else 0.0

"""What is known about an adapter when its training has ended: the source of its manifest, its card and its log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain_ft.adapter.rows import Rows
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.training.checkpoints import Spent


@dataclass(frozen=True)
class AdapterTraining:
    """A training that has ended: what went in, what it took, and what came of it."""

    settings: AdapterTrainingSettings
    device: str
    train: Rows
    validation: Rows
    trainable: int
    total: int
    steps: int
    best_step: int | None
    spent: Spent
    peak_memory_bytes: int
    tuned: Mapping[str, float]
    """The published weights' figures on validation."""
    base: Mapping[str, float]
    """The base model's."""
    log: Sequence[Mapping[str, Any]]
    warnings: tuple[str, ...]

    @property
    def validation_concepts(self) -> int:
        """How many concepts were asked about, those whose own answers were too long to measure a loss on as well."""
        return len(self.validation) + self.validation.dropped

    @property
    def tokens_per_second(self) -> float:
        """Tokens per second of the steps alone."""
        return self.spent.tokens / self.spent.step_seconds if self.spent.step_seconds else 0.0

    @property
    def examples_per_second(self) -> float:
        """Records per second of the steps alone."""
        return self.spent.examples / self.spent.step_seconds if self.spent.step_seconds else 0.0

"""What the training of an adapter is about to do and what it will take, said before it starts."""

from dataclasses import asdict, dataclass

from domain_ft.amounts import counted, describe_seconds, gigabytes, human_count
from domain_ft.training.estimate import Estimate


@dataclass(frozen=True)
class AdapterPlan:
    """The extent of a training; `steps` counts optimizer steps."""

    examples: int
    truncated: int
    dropped: int
    train_tokens: int
    """Of an epoch: questions and answers."""
    steps: int
    steps_per_epoch: int
    evaluations: int
    validation_concepts: int
    trainable_parameters: int
    total_parameters: int
    device: str
    precision: str
    available_memory_bytes: int
    estimate: Estimate

    def values(self) -> dict[str, float | int | str]:
        """The plan as figures."""
        values = asdict(self)
        estimate = values.pop("estimate")
        return {
            **values,
            "estimated_seconds": estimate["seconds"],
            "estimated_memory_bytes": estimate["memory_bytes"],
        }

    def sentence(self) -> str:
        """The plan in words."""
        cost, available = self.estimate, gigabytes(self.available_memory_bytes)
        return (
            f"{counted(self.examples, 'records')} ({self.truncated:,} cut, {self.dropped:,} left out), "
            f"{self.steps:,} steps ({self.steps / self.steps_per_epoch:.3g} epochs); "
            f"{human_count(self.trainable_parameters)} of {human_count(self.total_parameters)} parameters trained; "
            f"{self.device}, {self.precision}; about {describe_seconds(cost.seconds)} and "
            f"{gigabytes(cost.memory_bytes)} of {available}"
        )

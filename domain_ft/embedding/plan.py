"""What a training is about to do and what it will take, said before it starts."""

from dataclasses import asdict, dataclass

from domain_ft.amounts import describe_seconds
from domain_ft.embedding.freeze import ParameterCounts
from domain_ft.training.estimate import Estimate


@dataclass(frozen=True)
class TrainingPlan:
    """The extent of a training; `steps` counts optimizer steps."""

    examples: int
    unit: str
    """What an example is: triplets, or pairs."""
    left_out_per_epoch: int
    steps: int
    steps_per_epoch: int
    rows_per_step: int
    evaluations: int
    validation_queries: int
    parameters: ParameterCounts
    device: str
    precision: str
    estimate: Estimate

    def values(self) -> dict[str, float | int | str]:
        """The plan as figures."""
        values = asdict(self)
        parameters, estimate, _ = values.pop("parameters"), values.pop("estimate"), values.pop("unit")
        return {
            **values,
            "trainable_parameters": parameters["trainable"],
            "total_parameters": parameters["total"],
            "frozen_layers": parameters["frozen_layers"],
            "layers": parameters["layers"],
            "estimated_seconds": estimate["seconds"],
            "estimated_memory_bytes": estimate["memory_bytes"],
        }

    def sentence(self) -> str:
        """The plan in words."""
        epochs = self.steps / self.steps_per_epoch
        parameters, cost = self.parameters, self.estimate
        return (
            f"{self.examples:,} {self.unit}, {self.steps:,} steps of {self.rows_per_step} ({epochs:.3g} epochs); "
            f"{parameters.trainable:,} of {parameters.total:,} parameters trained, {parameters.frozen_layers} of "
            f"{parameters.layers} layers frozen; {self.device}, {self.precision}; about "
            f"{describe_seconds(cost.seconds)} and {cost.memory_bytes / 1e9:.1f} GB"
        )

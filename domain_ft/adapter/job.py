"""What the training of an adapter needs to know beside what every training does."""

from typing import Literal

from pydantic import Field

from domain_ft.training.job import TrainingJob

Bits = Literal[4, 8] | None


class AdapterJob(TrainingJob):
    """One training of an adapter."""

    bits: Bits = Field(None, description="Bits of the base model's weights, where they are quantized.")

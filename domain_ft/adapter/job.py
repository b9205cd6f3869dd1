"""What the training of an adapter needs to know beside what every training does."""

from typing import Literal

from pydantic import Field

from domain_ft.training.job import TrainingJob


class AdapterJob(TrainingJob):
    """One training of an adapter."""

    bits: Literal[4, 8] | None = Field(None, description="Bits of the base model's weights, where they are quantized.")

"""What a training will take, from a short probe of it: said before it starts."""

from dataclasses import dataclass

ADAM_BYTES = 8
"""AdamW keeps two float32 values for each trained parameter."""


@dataclass(frozen=True)
class Probe:
    """Measured on the largest batch: its rows, seconds of a forward and backward pass, texts encoded per second, peak
    memory."""

    rows: int
    step_seconds: float
    texts_per_second: float
    peak_bytes: int


@dataclass(frozen=True)
class Estimate:
    """The expected cost of a training."""

    seconds: float
    memory_bytes: int


def estimate_training(
    probe: Probe,
    *,
    steps: int,
    batches_per_step: int,
    rows_per_batch: float,
    evaluations: int,
    evaluated_texts: int,
    mining_seconds: float,
    trainable: int,
) -> Estimate:
    """Steps and evaluations at the measured speed, and mining; the measured peak and the optimizer's state on top."""
    training = steps * batches_per_step * probe.step_seconds * rows_per_batch / probe.rows
    evaluating = evaluations * evaluated_texts / probe.texts_per_second
    return Estimate(training + evaluating + mining_seconds, probe.peak_bytes + ADAM_BYTES * trainable)

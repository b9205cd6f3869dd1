"""What can go wrong in the training of an adapter, named, with what to try."""

from collections.abc import Mapping

from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.adapter.task import SCORE

HIGH_RATE = 2e-3
"""Ten times the default."""


def out_of_memory_sentence(batch_size: int) -> str:
    """What to do when memory ran out."""
    smaller = "" if batch_size == 1 else f"batch_size {batch_size // 2} with twice the gradient_accumulation_steps, "
    return (
        f"memory ran out at batch_size {batch_size}; try {smaller}a smaller max_length, quantization: bnb4, or a "
        "smaller base_model"
    )


def rate_warning(learning_rate: float, demonstration: bool) -> str | None:
    """A sentence if a base model that has learned much would be trained as one that has learned little."""
    if demonstration or learning_rate <= HIGH_RATE:
        return None
    usual = AdapterTrainingSettings.model_fields["learning_rate"].default
    return (
        f"learning_rate: {learning_rate:g} is far above what adapters of real base models are trained at, and may "
        f"spoil what the base knows; the default is {usual:g}"
    )


def divergence_message(step: int, settings: AdapterTrainingSettings, precision: str) -> str:
    """The sentence for a loss that became NaN or infinite."""
    other = "" if precision == "fp32" else ", or quantization: fp32"
    return (
        f"the loss became NaN or infinite by step {step}, and the last good checkpoint is kept; try a lower "
        f"learning_rate than {settings.learning_rate:g}, a longer warmup_ratio, a lower max_grad_norm{other}"
    )


def validation_warning(tuned: Mapping[str, float], base: Mapping[str, float]) -> str | None:
    """A sentence if the best checkpoint answers validation no better than the base model."""
    if tuned[SCORE] > base[SCORE]:
        return None
    return (
        f"no checkpoint answers better than the base model on validation (score {tuned[SCORE]:.3f}, base "
        f"{base[SCORE]:.3f}): try another learning_rate, target_modules: all-linear, more epochs, or more data"
    )

"""What can go wrong in a training, named, with what to try."""

from collections.abc import Mapping, Sequence

from domain_ft.embedding.settings import TrainingSettings
from domain_ft.evaluation.collapse import Spread

_LEAST_POINTS = 6
"""Fewer logged losses than this are too few to speak of a trend."""
_LEAST_FALL = 0.02
_LEFT_OUT_SHARE = 0.05
_FILLED_SHARE = 0.5
_MINED_SHARE = 0.5


def out_of_memory_sentence(batch_size: int) -> str:
    """What to do when memory ran out."""
    if batch_size == 1:
        return "memory ran out at batch_size 1; try a smaller max_seq_length, freeze_layers, or a smaller base_model"
    return (
        f"memory ran out at batch_size {batch_size}; try batch_size {batch_size // 2} with twice the "
        "gradient_accumulation_steps, a smaller max_seq_length, freeze_layers, or auto_batch_size"
    )


def divergence_message(step: int, settings: TrainingSettings, precision: str) -> str:
    """The sentence for a loss that became NaN or infinite."""
    other = "" if precision == "fp32" else ", or precision: fp32"
    return (
        f"the loss became NaN or infinite by step {step}; try a lower learning_rate than {settings.learning_rate:g}, "
        f"a longer warmup_ratio{other}"
    )


def stagnation_warning(losses: Sequence[float], settings: TrainingSettings) -> str | None:
    """A sentence if the last third of the logged losses is not lower than the first third."""
    if len(losses) < _LEAST_POINTS:
        return None
    third = len(losses) // 3
    first, last = sum(losses[:third]) / third, sum(losses[-third:]) / third
    if last < first * (1 - _LEAST_FALL):
        return None
    return (
        f"the loss did not fall (mean {first:.3g} in the first third, {last:.3g} in the last): try a learning_rate "
        f"other than {settings.learning_rate:g}, more epochs, or look whether the triplets hold anything to learn"
    )


def collapse_warning(spread: Spread) -> str | None:
    """A sentence if distinct texts have come to lie all in one place."""
    if not spread.collapsed:
        return None
    return (
        f"the model has collapsed: distinct texts have a mean cosine of {spread.tuned:.3f} ({spread.base:.3f} before): "
        "try a lower learning_rate, loss: multiple_negatives_ranking, or a larger batch_size"
    )


def left_out_warning(left_out: int, rows: int) -> str | None:
    """A sentence if an epoch passes over many rows, because no batch can hold them."""
    if left_out <= rows * _LEFT_OUT_SHARE:
        return None
    return (
        f"{left_out / rows:.0%} of the triplets found no batch in an epoch, because too many share their texts; try a "
        "smaller batch_size"
    )


def small_batches_warning(mean_size: float, batch_size: int, rows: int) -> str | None:
    """A sentence if batches are far from full, because what belongs together is kept apart."""
    if mean_size >= min(batch_size, rows) * _FILLED_SHARE:
        return None
    return (
        f"a batch holds {mean_size:.0f} of {batch_size} triplets on average, because many of their texts are known to "
        "belong together; loss: relation masks such pairs instead, and fills its batches"
    )


def mining_warning(rounds: Sequence[Mapping[str, int]]) -> str | None:
    """A sentence if few triplets got the negative that was to be mined for them, the last time that it was tried."""
    if not rounds:
        return None
    mined, total = rounds[-1]["mined"], sum(rounds[-1][name] for name in ("mined", "kept", "missing"))
    if mined >= total * _MINED_SHARE:
        return None
    return (
        f"a hard negative was found for only {mined:,} of {total:,} triplets: try a lower hard_negatives_margin, or a "
        "higher hard_negatives_range_max"
    )


def validation_warning(metric: str, tuned: Mapping[str, float], base: Mapping[str, float]) -> str | None:
    """A sentence if the best checkpoint is no better on validation than the base model."""
    if tuned[metric] > base[metric]:
        return None
    return (
        f"no checkpoint is better than the base model on validation ({metric} {tuned[metric]:.3f}, base "
        f"{base[metric]:.3f}): try a lower learning_rate, fewer epochs, or more data"
    )

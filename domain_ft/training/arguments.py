"""What every training says to the library, whatever it trains."""

from pathlib import Path
from typing import Any, Protocol


class Schedulable(Protocol):
    """The settings that every kind of training has."""

    @property
    def epochs(self) -> float: ...
    @property
    def max_steps(self) -> int | None: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def gradient_accumulation_steps(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def schedule(self) -> str: ...
    @property
    def warmup_ratio(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def max_grad_norm(self) -> float: ...
    @property
    def save_steps(self) -> int | None: ...
    @property
    def logging_steps(self) -> int: ...
    @property
    def seed(self) -> int: ...


def common_arguments(
    settings: Schedulable, *, folder: Path, device: str, precision: str, steps_per_epoch: int
) -> dict[str, Any]:
    """Our settings as arguments of `transformers.TrainingArguments` and what is made of it.

    Checkpoints (and the callers' evaluations) are counted in steps, never in epochs: at the end of an epoch that a
    request to stop cuts short, the library would evaluate, and a resumed training would differ from an undisturbed one.
    """
    return {
        "output_dir": str(folder),
        "num_train_epochs": settings.epochs,
        "max_steps": settings.max_steps or -1,
        "per_device_train_batch_size": settings.batch_size,
        "gradient_accumulation_steps": settings.gradient_accumulation_steps,
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": settings.schedule,
        "warmup_steps": settings.warmup_ratio,
        "weight_decay": settings.weight_decay,
        "max_grad_norm": settings.max_grad_norm,
        "seed": settings.seed,
        "use_cpu": device == "cpu",
        "bf16": precision == "bf16",
        "fp16": precision == "fp16",
        "save_strategy": "steps",
        "save_steps": settings.save_steps or steps_per_epoch,
        "save_total_limit": None,
        "logging_steps": settings.logging_steps,
        "logging_first_step": True,
        "logging_nan_inf_filter": False,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": device != "cpu",
    }

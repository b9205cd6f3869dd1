"""How an adapter is trained."""

from typing import Literal

from pydantic import Field, field_validator

from domain_ft.settings import Settings, listed
from domain_ft.training.device import unknown_device

Quantization = Literal["none", "bf16", "fp32", "bnb4", "bnb8"]
Schedule = Literal["linear", "cosine", "constant", "constant_with_warmup"]
ALL_LINEAR: Literal["all-linear"] = "all-linear"


class AdapterTrainingSettings(Settings):
    """Settings of one training; all but those in `adapter.version.NOT_IN_VERSION` name the adapter's version."""

    base_model: str = Field(
        "starter", min_length=1, description="`starter` (a demonstration model), a local folder, or a hub id."
    )
    base_revision: str | None = Field(None, description="Revision of a hub model.")
    epochs: float = Field(3, gt=0, le=1000, description="Passes over the training records.")
    max_steps: int | None = Field(None, ge=1, description="Stop after this many steps; null for whole epochs.")
    batch_size: int = Field(4, ge=1, description="Records per batch and device.")
    gradient_accumulation_steps: int = Field(2, ge=1, description="Batches whose gradients make one step.")
    learning_rate: float = Field(
        2e-4, gt=0, description="Peak learning rate; the starter, which is small, wants far more (8e-3)."
    )
    schedule: Schedule = Field("linear", description="How the learning rate falls after warm-up.")
    warmup_ratio: float = Field(0.05, ge=0, lt=1, description="Share of the steps in which the rate rises.")
    weight_decay: float = Field(0.0, ge=0, description="AdamW's decoupled weight decay.")
    max_grad_norm: float = Field(1.0, gt=0, description="Gradients are clipped to this norm.")
    max_length: int = Field(
        2048, ge=8, description="Longer rows (question and answer together) are cut to this many tokens, and counted."
    )
    lora_r: int = Field(16, ge=1, description="Rank of the adapter's matrices.")
    lora_alpha: int = Field(
        32, ge=1, description="What the adapter adds is multiplied by alpha / r (with rsLoRA: alpha / the root of r)."
    )
    lora_dropout: float = Field(0.0, ge=0, lt=1, description="Share of the adapter's inputs dropped while training.")
    target_modules: Literal["all-linear"] | tuple[str, ...] = Field(
        ALL_LINEAR,
        description="Names of the layers that get an adapter, such as [q_proj, v_proj]; `all-linear` for every linear "
        "one but the output.",
    )
    use_rslora: bool = Field(False, description="Scale by the root of the rank (rank-stabilized LoRA).")
    use_dora: bool = Field(False, description="Learn magnitude and direction of weights apart (DoRA).")
    quantization: Quantization = Field(
        "none",
        description="How the base model is held and computed: `none` takes whichever of fp32, bf16 and fp16 this "
        "device computes fastest (for fp16 it is held at 32 bits); `bnb4` and `bnb8` hold its weights in 4 or 8 bits.",
    )
    device: str = Field("auto", description="`auto`, `cpu`, `cuda`, or `cuda:N`.")
    train_limit: int | None = Field(None, ge=1, description="Train on so many records, drawn by seed; null for all.")
    val_limit: int | None = Field(
        32, ge=1, description="Answer the concepts of so many validation records, drawn by seed; null for all."
    )
    early_stopping_patience: int | None = Field(
        2, ge=1, description="Stop after n epochs without a gain in the requirements score; null never stops early."
    )
    early_stopping_min_delta: float = Field(0.01, ge=0, description="A rise of the score that counts as a gain.")
    save_steps: int | None = Field(None, ge=1, description="Checkpoint every n steps; null for once per epoch.")
    logging_steps: int = Field(5, ge=1, description="Report the loss every n steps.")
    seed: int = Field(42, ge=0, lt=2**32, description="Seed of shuffling, dropout and initialisation.")

    @field_validator("device")
    @classmethod
    def _known_device(cls, value: str) -> str:
        if unknown := unknown_device(value):
            raise ValueError(unknown)
        return value

    @field_validator("target_modules", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return value if value == ALL_LINEAR else listed(value)

    @field_validator("target_modules")
    @classmethod
    def _named(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        """In an order of their own, so that the order in the YAML makes no other adapter."""
        if value == ALL_LINEAR:
            return value
        if not value:
            raise ValueError("name one layer or more, such as [q_proj, v_proj], or all-linear")
        return tuple(sorted(set(value)))

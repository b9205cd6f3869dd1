"""How orders are learned."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from domain_ft.settings import Settings, listed

Fusion = Literal["gated", "cross_attention"]
Loss = Literal["focal", "weighted"]
FUSED_TOKENS = 4
"""Into so many tokens `cross_attention` cuts each stream, with an attention head for each."""


class LambdarankSettings(Settings):
    """Settings of the ranking trees (LightGBM, objective lambdarank)."""

    trees: int = Field(500, ge=1, le=10_000, description="At most this many trees.")
    leaves: int = Field(15, ge=2, le=1024, description="Leaves of a tree at most.")
    learning_rate: float = Field(0.05, gt=0, le=1, description="Weight of each further tree.")
    min_rows_per_leaf: int = Field(50, ge=1, description="A leaf holds at least this many rows.")
    l2: float = Field(0.0, ge=0, description="L2 penalty on the leaves' values.")
    truncation_level: int = Field(
        100, ge=1, description="Pairs of tests count of which one stands among this many first ones."
    )
    early_stopping_rounds: int = Field(
        50, ge=1, description="Stop when NDCG on validation has not risen for this many trees."
    )


class NetworkSettings(Settings):
    """Settings of the network over a semantic and a structural stream."""

    fusion: Fusion = Field(
        "gated",
        description="How the streams are joined: `gated` weighs each number of one against that of the other, "
        "`cross_attention` lets parts of each look at parts of the other.",
    )
    loss: Loss = Field(
        "focal", description="`focal` cross entropy, or cross entropy `weighted` so that both verdicts count alike."
    )
    focal_gamma: float = Field(2.0, ge=0, le=10, description="How far the focal loss plays down easy rows; 0: not.")
    stream_width: int = Field(
        256, ge=4, le=4096, description="Width of each stream; of cross_attention a multiple of 4."
    )
    hidden: tuple[int, ...] = Field((512, 128, 64), description="Widths of the layers behind the fusion.")
    dropout: float = Field(0.2, ge=0, lt=1, description="Share of numbers dropped between layers while training.")
    epochs: int = Field(30, ge=1, le=1000, description="Passes over the training rows at most.")
    patience: int = Field(4, ge=1, description="Stop after so many epochs without a higher AUPRC on validation.")
    learning_rate: float = Field(1e-3, gt=0, description="AdamW's learning rate.")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's decoupled weight decay.")
    batch_size: int = Field(512, ge=2, description="Rows per step.")
    seed: int = Field(42, ge=0, lt=2**32, description="Seed of initialisation, shuffling and dropout.")

    @field_validator("hidden", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return listed(value)

    @field_validator("hidden")
    @classmethod
    def _widths(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or min(value) < 1 or max(value) > 8192:
            raise ValueError("name one width or more, each from 1 to 8192, such as [512, 128, 64]")
        return value

    @model_validator(mode="after")
    def _cuts_into_tokens(self) -> "NetworkSettings":
        if self.fusion == "cross_attention" and self.stream_width % FUSED_TOKENS:
            raise ValueError(
                f"stream_width {self.stream_width} cannot be cut into {FUSED_TOKENS} tokens for cross_attention; "
                f"make it a multiple of {FUSED_TOKENS}"
            )
        return self

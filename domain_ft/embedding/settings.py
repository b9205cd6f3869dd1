"""How an embedding model is trained."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from domain_ft.evaluation.metric_names import HistoryMetric, PairMetric
from domain_ft.settings import Settings, listed
from domain_ft.training.device import unknown_device

Loss = Literal[
    "triplet", "multiple_negatives_ranking", "cached_multiple_negatives_ranking", "gist", "contrastive",
    "online_contrastive", "cosine_similarity", "relation",
]  # fmt: skip
RANKING = frozenset({"multiple_negatives_ranking", "cached_multiple_negatives_ranking", "gist", "relation"})
"""The losses that rank the texts of a batch for each other."""
Precision = Literal["auto", "fp32", "bf16", "fp16"]
Schedule = Literal["linear", "cosine", "cosine_with_restarts", "constant", "constant_with_warmup"]
PrefixFamily = Literal["auto", "none", "e5", "bge", "nomic"]
Direction = Literal["anchor_to_positive", "positive_to_anchor", "both"]
HistoryCheckpointMetric = Literal[HistoryMetric, "triplet_accuracy"]
PairCheckpointMetric = Literal[PairMetric, "map", "triplet_accuracy"]
_VALIDATION_METRIC = (
    "The best checkpoint is the one with the highest value of this, on validation; null for `benchmark.primary_metric`."
)


class TrainingSettings(Settings):
    """Settings of one training; all but those in `embedding.version.NOT_IN_VERSION` name the model's version."""

    base_model: str = Field(
        "starter", min_length=1, description="`starter` (packaged all-MiniLM-L6-v2), a local folder, or a hub id."
    )
    base_revision: str | None = Field(None, description="Revision of a hub model.")
    loss: Loss = Field("multiple_negatives_ranking", description="Training loss.")
    matryoshka_dims: tuple[int, ...] | None = Field(
        None,
        description="Train the embeddings' first n numbers, for each n of this list, to serve alone, too; the loss is "
        "the sum over them and the whole.",
    )
    distance: Literal["cosine", "euclidean"] = Field(
        "cosine", description="Distance of the triplet loss and the contrastive losses."
    )
    triplet_margin: float = Field(0.5, gt=0, description="Margin of the triplet loss.")
    contrastive_margin: float = Field(
        0.5, gt=0, description="The contrastive losses push a negative no farther than this distance."
    )
    scale: float = Field(20.0, gt=0, description="Inverse temperature of the ranking losses.")
    direction: Direction = Field(
        "positive_to_anchor",
        description="What the ranking losses rank: changes for a test, tests for a change (as the benchmark asks), "
        "or both.",
    )
    use_negative: bool = Field(
        True,
        description="Give the ranking losses each triplet's own negative, too, where it has one (and, of a "
        "history, where changes are ranked for a test).",
    )
    mini_batch_size: int = Field(
        32, ge=1, description="Texts that `cached_multiple_negatives_ranking` holds in memory at once."
    )
    epochs: float = Field(2, gt=0, le=1000, description="Passes over the training triplets.")
    max_steps: int | None = Field(None, ge=1, description="Stop after this many steps; null for whole epochs.")
    batch_size: int = Field(64, ge=1, description="Triplets (or pairs, of a loss on pairs) per step and device.")
    auto_batch_size: bool = Field(False, description="When memory runs out, try again with half the batch.")
    learning_rate: float = Field(5e-5, gt=0, description="Peak learning rate.")
    schedule: Schedule = Field("linear", description="How the learning rate falls after warm-up.")
    schedule_cycles: int = Field(2, ge=1, description="How often `cosine_with_restarts` falls from the peak rate.")
    minimum_rate_ratio: float = Field(
        0.0, ge=0, lt=1, description="Share of the peak rate to which a falling schedule falls."
    )
    warmup_ratio: float = Field(0.1, ge=0, lt=1, description="Share of the steps in which the rate rises.")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's decoupled weight decay.")
    gradient_accumulation_steps: int = Field(1, ge=1, description="Batches whose gradients make one step.")
    max_grad_norm: float = Field(1.0, gt=0, description="Gradients are clipped to this norm.")
    max_seq_length: int = Field(64, ge=8, le=8192, description="Longer texts are cut to this many tokens.")
    prefixes: PrefixFamily = Field(
        "auto",
        description="The family whose prefixes stand before queries and passages; `auto` takes the base model's own "
        "prompts, else those of the family that its name tells, else none.",
    )
    query_prefix: str | None = Field(
        None,
        max_length=1000,
        description='Prefix of queries (of a history: of changes) instead of the family\'s; `""` for none.',
    )
    passage_prefix: str | None = Field(
        None,
        max_length=1000,
        description='Prefix of passages (of a history: of tests) instead of the family\'s; `""` for none.',
    )
    freeze_layers: int = Field(
        0, ge=0, description="Keep the embeddings and this many lower layers as they are; 0 trains the whole model."
    )
    precision: Precision = Field("auto", description="`auto` probes what this device computes fastest.")
    device: str = Field("auto", description="`auto`, `cpu`, `cuda`, or `cuda:N`.")
    eval_steps: int | None = Field(None, ge=1, description="Evaluate every n steps; null for once per epoch.")
    save_steps: int | None = Field(None, ge=1, description="Checkpoint every n steps; null for once per epoch.")
    logging_steps: int = Field(10, ge=1, description="Report the loss every n steps.")
    save_total_limit: int = Field(2, ge=1, description="Newest checkpoints kept while training, beside the best one.")
    early_stopping_patience: int | None = Field(None, ge=1, description="Stop after n evaluations without a gain.")
    validation_metric: HistoryCheckpointMetric | PairCheckpointMetric | None = Field(
        None, description=_VALIDATION_METRIC
    )
    merge_with_base: float | Literal["auto"] | None = Field(
        None,
        description="Share of the base model's weights in the published model, 0.0 to 1.0 (the rest are the tuned "
        "ones); `auto` chooses it on validation; null merges nothing.",
    )
    merge_floor: float = Field(
        0.95,
        ge=0,
        le=1,
        description="What `merge_with_base: auto` must leave of the base model's general ability (accuracy@10 on "
        "everyday sentences), as a share of it.",
    )
    validation_queries: int = Field(
        100,
        ge=1,
        description="At most this many queries (of a history: builds) of validation are asked while training.",
    )
    validation_tests: int = Field(
        1000, ge=2, description="At most about this many passages (of a history: tests) are ranked while training."
    )
    hard_negatives: Literal["off", "model"] = Field(
        "off",
        description="`model` gives each triplet, instead of its own negative, the training text that the model itself "
        "finds nearest to what asks (see `direction`), and that is not known to belong to it.",
    )
    hard_negatives_margin: float = Field(
        0.05, ge=0, description="A mined negative's similarity is below the positive's by this share of it, at least."
    )
    hard_negatives_range_min: int = Field(
        0, ge=0, description="First rank that is looked at, of the passages that may be a negative (0 is the nearest)."
    )
    hard_negatives_range_max: int | None = Field(
        50, ge=1, validate_default=True, description="First rank that is not looked at any more; null to look at all."
    )
    hard_negatives_cross_encoder: str | None = Field(
        None,
        min_length=1,
        description="A local folder or hub id of a cross-encoder that may veto a mined negative; null for none.",
    )
    hard_negatives_cross_encoder_margin: float = Field(
        0.05, ge=0, description="It vetoes what it does not score below the positive by this share of its score."
    )
    hard_negatives_every: int | None = Field(
        None, ge=1, description="Mine again after every n epochs, with the model of then; null for once, with the base."
    )
    seed: int = Field(42, ge=0, lt=2**32, description="Seed of shuffling, dropout and initialisation.")

    @field_validator("device")
    @classmethod
    def _known_device(cls, value: str) -> str:
        if unknown := unknown_device(value):
            raise ValueError(unknown)
        return value

    @field_validator("matryoshka_dims", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return listed(value)

    @field_validator("matryoshka_dims")
    @classmethod
    def _dimensions(cls, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
        """Larger ones first, as they are trained; so the order in the YAML makes no other model."""
        if value is None:
            return None
        if not value or min(value) < 1:
            raise ValueError("name one dimension or more, each at least 1, such as [128, 64] (or null)")
        return tuple(sorted(set(value), reverse=True))

    @field_validator("hard_negatives")
    @classmethod
    def _read_by_the_loss(cls, value: str, info: ValidationInfo) -> str:
        """Refuse to mine what the loss would not read."""
        if value != "off" and info.data.get("loss") in RANKING and not info.data.get("use_negative"):
            raise ValueError("`model` has no effect with use_negative: false; leave one of the two out")
        return value

    @field_validator("hard_negatives_range_max")
    @classmethod
    def _beyond_the_first(cls, value: int | None, info: ValidationInfo) -> int | None:
        first = info.data.get("hard_negatives_range_min", 0)
        if value is not None and value <= first:
            raise ValueError(f"must be more than hard_negatives_range_min, which is {first}")
        return value

    @field_validator("merge_with_base", mode="before")
    @classmethod
    def _share(cls, value: object) -> object:
        if value is None or value == "auto":
            return value
        try:
            share = float(str(value))
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            raise ValueError("expected a share from 0.0 to 1.0, auto, or null")
        return share

    @field_validator("direction")
    @classmethod
    def _one_way(cls, value: Direction, info: ValidationInfo) -> Direction:
        if info.data.get("loss") == "gist" and value == "both":
            raise ValueError("loss: gist ranks in one direction; use anchor_to_positive or positive_to_anchor")
        return value

    @property
    def checkpoint_metric(self) -> str:
        """The metric that checkpoints are chosen by; MAP, which every task has, where no domain has named one."""
        return self.validation_metric or "map"


class HistoryTrainingSettings(TrainingSettings):
    """The same settings for a history, whose benchmark has no metric of a first passage."""

    validation_metric: HistoryCheckpointMetric | None = Field(None, description=_VALIDATION_METRIC)


class PairTrainingSettings(TrainingSettings):
    """The same settings with the defaults of a domain of pairs: passages are ranked for a query, and are longer."""

    direction: Direction = Field(
        "anchor_to_positive", description="What the ranking losses rank: passages for a query, the reverse, or both."
    )
    max_seq_length: int = Field(128, ge=8, le=8192, description="Longer texts are cut to this many tokens.")
    validation_metric: PairCheckpointMetric | None = Field(None, description=_VALIDATION_METRIC)

"""sentence-transformers' trainer with what it lacks: our batches, checkpoints that can be trusted, no model cards.

The library's cards quote training texts and ask the hub. Each override below replaces one of these, and nothing else.
"""

from pathlib import Path
from typing import Any

import torch
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.base.evaluation import BaseEvaluator
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from transformers import PrinterCallback

from domain_ft.embedding.collate import ROWS
from domain_ft.embedding.current_rows import CurrentRows, EpochSampler
from domain_ft.embedding.distinct_texts import DistinctTexts
from domain_ft.embedding.models import encode_texts
from domain_ft.embedding.negative_rounds import NegativeRounds
from domain_ft.embedding.schedules import make_scheduler
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.evaluation.task import RetrievalTask
from domain_ft.evaluation.validation import validation_metrics
from domain_ft.store.vectors import Prefixes
from domain_ft.training.arguments import common_arguments
from domain_ft.training.callbacks import Stopwatch
from domain_ft.training.whole_checkpoints import WholeCheckpoints


class ValidationEvaluator(BaseEvaluator):  # type: ignore[misc]
    """The validation metrics of the model as it is, at float32, as the benchmark will see it."""

    def __init__(self, task: RetrievalTask, metric: str, prefixes: Prefixes) -> None:
        super().__init__()
        self._task, self._prefixes = task, prefixes
        self.primary_metric = metric

    def __call__(self, model: SentenceTransformer, *unused: Any, **also_unused: Any) -> dict[str, float]:
        return validation_metrics(self._task, lambda texts: encode_texts(model, texts), self._prefixes)


class EmbeddingTrainer(WholeCheckpoints, SentenceTransformerTrainer):  # type: ignore[misc]
    """Trains on given batches and leaves only checkpoints that are whole, or say that they are not."""

    def __init__(
        self,
        *,
        settings: TrainingSettings,
        rows: CurrentRows,
        rounds: NegativeRounds | None,
        stopwatch: Stopwatch,
        encoder: DistinctTexts | None,
        **options: Any,
    ) -> None:
        self._settings, self._rows, self._rounds = settings, rows, rounds
        self._encoder = encoder
        self.stopwatch, self.kept = stopwatch, settings.save_total_limit
        super().__init__(**options)
        self.remove_callback(PrinterCallback)

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """Collect nothing for the library's model card: ours quotes no training text."""

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Our batches of the rows of the epoch under way."""
        self.accelerator.even_batches = False
        loader = DataLoader(
            self._rows,
            batch_sampler=EpochSampler(self._rows),
            collate_fn=self.data_collator,
            pin_memory=self.args.dataloader_pin_memory,
        )
        return self.accelerator.prepare(loader)  # type: ignore[no-any-return]

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> LambdaLR:
        """Our schedules."""
        if self.lr_scheduler is None:  # type: ignore[has-type]
            warmup = self.args.get_warmup_steps(num_training_steps)
            self.lr_scheduler = make_scheduler(optimizer or self.optimizer, self._settings, warmup, num_training_steps)
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> torch.Tensor:
        """A step of the library, counted."""
        self.stopwatch.examples += inputs[ROWS] * self.args.world_size
        return super().training_step(model, inputs, num_items_in_batch)

    def compute_loss(self, model: Any, inputs: Any, *options: Any, **more: Any) -> Any:
        """The library's loss; a text that stands in several columns is encoded once."""
        if self._encoder is None:
            return super().compute_loss(model, inputs, *options, **more)
        with self._encoder.batch(self.collect_features(inputs)[0]):
            return super().compute_loss(model, inputs, *options, **more)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        self.model.save_pretrained(output_dir or self.args.output_dir, create_model_card=False)

    def save_beside(self, folder: Path) -> None:
        """What the round of mined negatives under way has found."""
        if self._rounds is not None:
            self._rounds.save(folder)

    def restore_beside(self, folder: Path) -> None:
        """Go on with that round."""
        if self._rounds is not None:
            self._rounds.restore(folder)


def trainer_arguments(
    settings: TrainingSettings, *, folder: Path, device: str, precision: str, steps_per_epoch: int, validated: bool
) -> SentenceTransformerTrainingArguments:
    """Our settings in the library's words."""
    return SentenceTransformerTrainingArguments(
        **common_arguments(
            settings, folder=folder, device=device, precision=precision, steps_per_epoch=steps_per_epoch
        ),
        eval_strategy="steps" if validated else "no",
        eval_steps=settings.eval_steps or steps_per_epoch,
        metric_for_best_model=settings.checkpoint_metric if validated else None,
        greater_is_better=True if validated else None,
        ddp_find_unused_parameters=False,
    )

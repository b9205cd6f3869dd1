"""TRL's trainer with what it lacks: a score of what the model writes, checkpoints that can be trusted, no model cards.

Each override below replaces one of these, or leaves out what costs and is not asked for, and nothing else.
"""

from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import datasets
import torch
from torch.nn import functional
from torch.utils.data import DataLoader
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from domain_ft.adapter.rows import Row
from domain_ft.adapter.settings import AdapterTrainingSettings
from domain_ft.adapter.task import SCORE, RequirementsTask
from domain_ft.errors import DomainFtError
from domain_ft.llm.causal import IGNORED
from domain_ft.training.arguments import common_arguments
from domain_ft.training.callbacks import Stopwatch
from domain_ft.training.evaluations import SavedBeforeEvaluation
from domain_ft.training.stop import StopRequest
from domain_ft.training.trainer_log import is_diverged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from transformers.trainer_utils import EvalLoopOutput

_LARGE_LOGITS = 1 << 29
"""Bytes of a batch's logits that are computed at once, at most."""
_FLOAT = 4
KEPT = 2
"""Newest checkpoints kept while training, beside the best one."""


class AdapterTrainer(SavedBeforeEvaluation, SFTTrainer):  # type: ignore[misc]
    """Learns answers, and is judged by those that the model then gives itself."""

    def __init__(
        self,
        *,
        task: RequirementsTask,
        stopwatch: Stopwatch,
        divergence: "Callable[[int], str]",
        stop: StopRequest,
        **options: Any,
    ) -> None:
        """`divergence` says what to try when the loss cannot be trained on any more by a step."""
        self._task, self._divergence = task, divergence
        self.stopwatch, self.kept, self.stop = stopwatch, KEPT, stop
        super().__init__(**options)
        self.remove_callback(PrinterCallback)
        base = self.model.get_base_model()
        self._vocabulary = int(base.get_output_embeddings().weight.shape[0])
        self._keeps_logits = "logits_to_keep" in signature(type(base).forward).parameters
        for weights in self.model.parameters():  # TRL has made those beside a quantized model bf16
            if weights.requires_grad:
                weights.data = weights.data.float()

    def evaluation_loop(
        self, dataloader: DataLoader[Any], *options: Any, metric_key_prefix: str = "eval", **more: Any
    ) -> "EvalLoopOutput":
        """The library's loss on validation, and what the task says of the model's own answers."""
        output = super().evaluation_loop(dataloader, *options, metric_key_prefix=metric_key_prefix, **more)
        scores = self._task.metrics(self.model, self.end_if_asked)
        output.metrics.update({f"{metric_key_prefix}_{name}": value for name, value in scores.items()})
        return output

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> torch.Tensor:
        """A step of the library, counted; it ends the training before a loss that is none reaches the weights."""
        self.stopwatch.examples += len(inputs["input_ids"])
        self.stopwatch.tokens += int(inputs["attention_mask"].sum())
        loss: torch.Tensor = super().training_step(model, inputs, num_items_in_batch)
        if is_diverged(float(loss.detach())):
            raise DomainFtError(self._divergence(self.state.global_step + 1))
        return loss

    def collate(self, rows: "Sequence[Row]") -> dict[str, torch.Tensor]:
        """A batch of rows as they are trained."""
        return dict(self.data_collator(list(row_dataset(rows))))

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The library's loss, from the logits of the answers alone, and without a mask, which no row needs that is
        padded at its right: nothing of it looks there.

        TRL computes it in pieces that keep memory low and cost half as much time again, and figures of each token
        beside it: that is left to it where the logits would be large.
        """
        labels = inputs["labels"]
        first = _first_learned(labels)
        large = labels[:, first:].numel() * self._vocabulary * _FLOAT > _LARGE_LOGITS
        if return_outputs or large or not self._keeps_logits:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        kept = labels.shape[1] - first
        logits = model(input_ids=inputs["input_ids"], use_cache=False, logits_to_keep=kept).logits
        following = labels[:, first + 1 :]
        learned = following != IGNORED
        total = functional.cross_entropy(logits[:, :-1][learned].float(), following[learned], reduction="sum")
        return total / (learned.sum() if num_items_in_batch is None else num_items_in_batch)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log the same figures whichever way the loss was computed."""
        for figures in self._metrics.values():
            figures.clear()
        super().log(logs, start_time)

    def create_model_card(self, *unused: Any, **also_unused: Any) -> None:
        """Write none of the library's model cards: ours says what there is to say."""

    def _send_telemetry(self) -> None:
        """Tell nobody."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        self.model.save_pretrained(output_dir or self.args.output_dir, save_embedding_layers=False)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save, unless the weights are lost: the checkpoint before is then the last good one."""
        if not all(bool(each.isfinite().all()) for each in self.model.parameters() if each.requires_grad):
            raise DomainFtError(self._divergence(self.state.global_step))
        super()._save_checkpoint(model, trial)


def _first_learned(labels: torch.Tensor) -> int:
    """The place in a batch whose logits are the first to say a token that is learned."""
    return max(int((labels != IGNORED).any(dim=0).int().argmax()) - 1, 0)


def row_dataset(rows: "Sequence[Row]") -> datasets.Dataset:
    """Rows as TRL takes them when they are tokens already: what has a label is learned."""
    return datasets.Dataset.from_dict(
        {
            "input_ids": [[*row.prompt, *row.completion] for row in rows],
            "labels": [[IGNORED] * len(row.prompt) + list(row.completion) for row in rows],
        }
    )


def row_collator(pad: int) -> DataCollatorForLanguageModeling:
    """Rows to a batch, padded at their right; padding is no label."""
    return DataCollatorForLanguageModeling(pad_token_id=pad)


def trainer_arguments(
    settings: AdapterTrainingSettings, *, folder: Path, device: str, precision: str, steps_per_epoch: int
) -> SFTConfig:
    """Our settings in the library's words; it evaluates once per epoch."""
    return SFTConfig(
        **common_arguments(
            settings, folder=folder, device=device, precision=precision, steps_per_epoch=steps_per_epoch
        ),
        per_device_eval_batch_size=settings.batch_size,
        activation_checkpointing=False,
        packing=False,
        max_length=None,
        completion_only_loss=True,
        dataset_kwargs={"skip_prepare_dataset": True},
        eval_strategy="steps",
        eval_steps=steps_per_epoch,
        metric_for_best_model=SCORE,
        greater_is_better=True,
    )

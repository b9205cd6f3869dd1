"""What happens beside the training steps: progress is told, the best is saved, and a request to stop is heard."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import distributed
from torch.utils.tensorboard import SummaryWriter
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from domain_ft.errors import DomainFtError
from domain_ft.training.checkpoints import Spent
from domain_ft.training.progress import EventKind, OnEvent, TrainingEvent
from domain_ft.training.stop import StopRequest
from domain_ft.training.trainer_log import (
    LogHistory,
    evaluations,
    is_best_yet,
    is_diverged,
    is_patience_spent,
    validation_values,
)

if TYPE_CHECKING:
    from pathlib import Path

_TOLD = ("loss", "learning_rate", "grad_norm", "epoch")


@dataclass(frozen=True)
class Ending:
    """When a training is at its end: after so many steps, or when its metric on validation has stopped to rise."""

    steps: int
    metric: str
    patience: int | None
    min_delta: float = 0.0

    def is_patience_spent(self, log: LogHistory) -> bool:
        """Whether the last evaluations brought too little."""
        return is_patience_spent(evaluations(log, self.metric), self.patience, self.min_delta)

    def is_reached(self, state: TrainerState) -> bool:
        """Whether nothing is left to train."""
        return state.global_step >= self.steps or self.is_patience_spent(state.log_history)


class Steering(TrainerCallback):  # type: ignore[misc]
    """Decides when to save beyond the schedule, and when to end.

    Everything is decided from the trainer's saved state, so that a resumed training decides as an undisturbed one.
    """

    def __init__(self, ending: Ending, divergence: Callable[[int], str], stop: StopRequest) -> None:
        """`divergence` says what to try when the loss cannot be trained on any more by a step."""
        self._ending, self._divergence, self._stop = ending, divergence, stop

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **unused: Any
    ) -> TrainerControl:
        """Log the last step, too; asked to stop, save and end after this one."""
        if state.global_step >= state.max_steps:
            control.should_log = True
        if self._asked_of_all():
            control.should_save = control.should_training_stop = True
        return control

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **unused: Any
    ) -> TrainerControl:
        """Save every new best; end when the patience is spent."""
        if is_best_yet(evaluations(state.log_history, self._ending.metric)):
            control.should_save = True
        if self._ending.is_patience_spent(state.log_history):
            control.should_save = control.should_training_stop = True
        return control

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **unused: Any,
    ) -> None:
        """End with an error when the loss can no longer be trained on."""
        if is_diverged(float((logs or {}).get("loss", 0.0))):
            raise DomainFtError(self._divergence(state.global_step))

    def _asked_of_all(self) -> bool:
        """Whether any of the processes was asked to stop: all of them must end after the same step."""
        if not distributed.is_initialized():
            return self._stop.asked
        asked = torch.tensor(int(self._stop.asked))
        if distributed.get_backend() == "nccl":
            asked = asked.cuda()
        distributed.all_reduce(asked, op=distributed.ReduceOp.MAX)
        return bool(asked.item())


class Stopwatch(TrainerCallback):  # type: ignore[misc]
    """Counts what the training costs, on top of what earlier attempts at it have cost."""

    def __init__(self) -> None:
        self.before = Spent()
        self.examples = self.tokens = 0
        self._step_seconds = 0.0
        self._began = self._step_began = time.perf_counter()

    @property
    def spent(self) -> Spent:
        """The cost so far."""
        return Spent(
            seconds=self.before.seconds + time.perf_counter() - self._began,
            step_seconds=self.before.step_seconds + self._step_seconds,
            examples=self.before.examples + self.examples,
            tokens=self.before.tokens + self.tokens,
        )

    def on_train_begin(self, *unused: Any, **also_unused: Any) -> None:
        """Start the clock."""
        self._began = time.perf_counter()

    def on_step_begin(self, *unused: Any, **also_unused: Any) -> None:
        """Start the clock of a step."""
        self._step_began = time.perf_counter()

    def on_step_end(self, *unused: Any, **also_unused: Any) -> None:
        """Stop the clock of a step."""
        self._step_seconds += time.perf_counter() - self._step_began


class Telling(TrainerCallback):  # type: ignore[misc]
    """Hands losses, evaluations and checkpoints on, to the progress log and to TensorBoard."""

    def __init__(self, report: OnEvent, stopwatch: Stopwatch, tensorboard: "Path") -> None:
        self._report, self._stopwatch, self._folder = report, stopwatch, tensorboard
        self._writer: SummaryWriter | None = None
        self._last = Spent()

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, *unused: Any, **also_unused: Any) -> None:
        """Open the TensorBoard log; what an earlier attempt wrote beyond its last checkpoint is hidden."""
        self._writer = SummaryWriter(str(self._folder), purge_step=state.global_step + 1)
        self._last = self._stopwatch.spent

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **unused: Any,
    ) -> None:
        """Tell loss, rate and throughput."""
        if not logs or "loss" not in logs:
            return
        spent = self._stopwatch.spent
        seconds = spent.step_seconds - self._last.step_seconds
        values = {name: logs[name] for name in _TOLD if name in logs}
        if seconds > 0:
            values["examples_per_second"] = (spent.examples - self._last.examples) / seconds
        if seconds > 0 and spent.tokens:
            values["tokens_per_second"] = (spent.tokens - self._last.tokens) / seconds
        self._last = spent
        self._tell("log", state, values, "train")

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **unused: Any,
    ) -> None:
        """Tell the validation metrics."""
        self._tell("evaluation", state, validation_values(metrics or {}), "validation")

    def on_save(self, args: TrainingArguments, state: TrainerState, *unused: Any, **also_unused: Any) -> None:
        """Tell that a checkpoint is whole."""
        self._report(TrainingEvent("checkpoint", state.global_step, state.max_steps))

    def on_train_end(self, *unused: Any, **also_unused: Any) -> None:
        """Close the TensorBoard log."""
        if self._writer is not None:
            self._writer.close()

    def _tell(self, kind: EventKind, state: TrainerState, values: dict[str, float], folder: str) -> None:
        self._report(TrainingEvent(kind, state.global_step, state.max_steps, values))
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(f"{folder}/{name}", value, state.global_step)
            self._writer.flush()

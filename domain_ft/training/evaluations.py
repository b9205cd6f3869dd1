"""A trainer whose evaluations may be broken off: what was trained is saved before one, and evaluated later.

An evaluation that has a model write answers takes longer than a process that was asked to stop is given.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from transformers import TrainerControl, TrainerState

from domain_ft.training.checkpoints import Checkpoint, Spent, mark_whole, unmark
from domain_ft.training.stop import StopRequest, stopped
from domain_ft.training.trainer_log import validation_values
from domain_ft.training.whole_checkpoints import WholeCheckpoints

STATE_FILE = "trainer_state.json"


class SavedBeforeEvaluation(WholeCheckpoints):
    """To be named before the library's trainer among the bases; `stop` is to be set before it evaluates.

    For one process alone, and for evaluations that are counted in steps.
    """

    stop: StopRequest
    control: TrainerControl

    def end_if_asked(self) -> None:
        """TrainingStoppedError where a stop was asked for."""
        if self.stop.asked:
            raise stopped(self.stop, self.state.global_step, self.state.max_steps)

    def evaluate(self, *options: Any, **more: Any) -> dict[str, float]:
        """Evaluate as the library does, between a checkpoint without what is found and one with it."""
        if self.is_in_train:
            self._save_checkpoint(self.model, None)
            self.control = self.callback_handler.on_save(self.args, self.state, self.control)
        self.end_if_asked()
        metrics: dict[str, float] = super().evaluate(*options, **more)
        self.control.should_save = True
        return metrics

    def prediction_step(self, *options: Any, **more: Any) -> Any:
        """A batch of an evaluation, unless a stop was asked for."""
        self.end_if_asked()
        return super().prediction_step(*options, **more)

    def catch_up(self, checkpoint: Checkpoint) -> Checkpoint:
        """Evaluate a checkpoint whose evaluation was broken off; it is then as if none had been.

        Weights and random state are those of the checkpoint; the evaluation moves the latter on, as it would have.
        """
        folder = checkpoint.path
        state = TrainerState.load_from_json(str(folder / STATE_FILE))
        if not self._awaits_evaluation(state):
            return checkpoint
        self.state = state
        self._load_from_checkpoint(str(folder))
        self._load_rng_state(str(folder))
        self.control = self.callback_handler.on_train_begin(self.args, state, self.control)
        metrics = self.evaluate()
        self._determine_best_metric(metrics=metrics, trial=None)
        spent: Spent = replace(checkpoint.spent, seconds=self.stopwatch.spent.seconds)
        unmark(folder)
        state.save_to_json(str(folder / STATE_FILE))
        self._save_rng_state(str(folder))
        mark_whole(folder, spent)
        self.control = self.callback_handler.on_train_end(self.args, state, self.control)
        return Checkpoint(folder, checkpoint.step, spent)

    def _awaits_evaluation(self, state: TrainerState) -> bool:
        """Whether a step that the schedule has evaluated stands in the log without its evaluation."""
        due = state.global_step % int(self.args.eval_steps) == 0 or state.global_step >= state.max_steps
        return due and not any(_is_evaluation_of(state.global_step, entry) for entry in state.log_history)


def _is_evaluation_of(step: int, entry: Mapping[str, Any]) -> bool:
    return entry["step"] == step and bool(validation_values(entry))

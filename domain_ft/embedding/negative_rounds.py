"""Rounds of hard negatives: the first mined with the base model, each later one with the model as it then is.

Where a training stands is told by its trainer's log, and what the round under way has mined lies in each checkpoint:
a training that goes on in the middle of a round no longer has the weights that it was mined with.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback, TrainerState, TrainingArguments

from domain_ft.embedding.current_rows import CurrentRows, make_batches
from domain_ft.embedding.examples import Column, Rows
from domain_ft.embedding.hard_negatives import HardNegatives, MinedNegatives
from domain_ft.embedding.job import EmbeddingJob
from domain_ft.embedding.losses import LOSSES
from domain_ft.embedding.mined_log import MINED, mined_sentence
from domain_ft.embedding.settings import TrainingSettings
from domain_ft.store.publish import write_json
from domain_ft.training.progress import OnEvent, TrainingEvent

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_FILE = "hard_negatives.json"


def first_round(
    job: EmbeddingJob, settings: TrainingSettings, given: Rows, model: "SentenceTransformer", report: OnEvent
) -> "NegativeRounds":
    """The rounds of a training, of which the first is mined now, with the base model."""
    miner = HardNegatives(job, settings, given, str(model.device))
    return NegativeRounds(miner, miner.mine(model), settings, report)


class NegativeRounds(TrainerCallback):  # type: ignore[misc]
    """Mines when a round begins, and gives the trainer its rows."""

    def __init__(
        self, miner: HardNegatives, first: MinedNegatives, settings: TrainingSettings, report: OnEvent
    ) -> None:
        self._miner, self._settings, self._report = miner, settings, report
        self._round, self._mined, self._round_seconds = 0, first, first.seconds

    def texts(self) -> Mapping[str, tuple[str, ...]]:
        """All texts that may come into the column of negatives."""
        return {self._miner.column: self._miner.passages}

    def triplets(self) -> Rows:
        """The training triplets with the negatives of the round under way."""
        return self._miner.rows_with(self._mined)

    def serve(self, rows: CurrentRows, related: Sequence[tuple[str, str]], steps_per_epoch: int) -> None:
        """Say whose rows are to be replaced when a round begins, and which texts belong together."""
        self._rows, self._related, self._steps_per_epoch = rows, related, steps_per_epoch

    def seconds_to_come(self, steps: int) -> float:
        """What the rounds after the first will take in a training of so many steps, each as long as the first."""
        return self._round_at(steps - 1) * self._round_seconds

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, *unused: Any, **also_unused: Any) -> None:
        """Tell of the first round."""
        if state.global_step == 0:
            self._tell(state, self._miner.own)

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, *unused: Any, model: "SentenceTransformer", **more: Any
    ) -> None:
        """Mine, if a round begins with this epoch."""
        due = self._round_at(state.global_step)
        if due == self._round:
            return
        before = self._miner.negatives(self._mined)
        self._take(due, self._miner.mine(model))
        self._tell(state, before)

    def save(self, checkpoint: Path) -> None:
        """Put the round under way into a checkpoint."""
        write_json(checkpoint / _FILE, {"round": self._round, "passages": self._mined.passages})

    def restore(self, checkpoint: Path) -> None:
        """Go on with the round that a checkpoint was written in."""
        kept = json.loads((checkpoint / _FILE).read_bytes())
        self._take(kept["round"], MinedNegatives(tuple(kept["passages"]), 0, 0, 0.0))

    def _round_at(self, step: int) -> int:
        every = self._settings.hard_negatives_every
        return step // self._steps_per_epoch // every if every else 0

    def _take(self, number: int, mined: MinedNegatives) -> None:
        self._round, self._mined = number, mined
        examples = LOSSES[self._settings.loss].examples(self.triplets(), self._settings)
        batches, kept = self._rows.batches, len(self._rows.batches)
        again = make_batches(examples, self._settings, self._related, whole=batches.whole, length=kept)
        self._rows.replace(examples, again)

    def _tell(self, state: TrainerState, before: Column) -> None:
        now = self._miner.negatives(self._mined)
        mined = sum(number is not None for number in self._mined.passages)
        missing = sum(text is None for text in now)
        counts = {
            "mined": mined,
            "kept": len(now) - mined - missing,
            "missing": missing,
            "changed": sum(one != other for one, other in zip(now, before, strict=True)),
            "within_margin": self._mined.within_margin,
            "vetoed": self._mined.vetoed,
        }
        epoch, entry = state.global_step // self._steps_per_epoch, {MINED + name: n for name, n in counts.items()}
        state.log_history.append({**entry, "step": state.global_step, "epoch": epoch})
        values = {**counts, "epoch": epoch}
        self._report(TrainingEvent("negatives", state.global_step, state.max_steps, values, mined_sentence(values)))

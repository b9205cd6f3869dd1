"""A trainer of transformers whose checkpoints can be trusted: marked as whole last, older ones removed after that."""

from pathlib import Path
from typing import Any

from torch import distributed
from transformers import Trainer

from domain_ft.training.callbacks import Stopwatch
from domain_ft.training.checkpoints import Checkpoint, mark_whole, prune_checkpoints, unmark


class WholeCheckpoints(Trainer):  # type: ignore[misc]
    """To be named before the library's trainer among the bases; `stopwatch` and `kept` are to be set before it saves.

    The library's checkpoints are not atomic, and it deletes old ones before the new one is safe.
    """

    stopwatch: Stopwatch
    kept: int
    """Newest checkpoints that stay, beside the best one."""

    def save_beside(self, folder: Path) -> None:
        """Put into a checkpoint what the library knows nothing of."""

    def restore_beside(self, folder: Path) -> None:
        """Take it from the checkpoint that the training goes on from."""

    def catch_up(self, checkpoint: Checkpoint) -> Checkpoint:
        """Do what an earlier attempt left undone at the checkpoint that the training goes on from; returns it so."""
        return checkpoint

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Save as the library does, but mark the whole checkpoint last and only then remove older ones."""
        parent = Path(self.args.output_dir)
        folder = parent / f"checkpoint-{self.state.global_step}"
        if self.is_world_process_zero():
            unmark(folder)
        super()._save_checkpoint(model, trial)
        if distributed.is_initialized():
            distributed.barrier()
        if self.is_world_process_zero():
            self.save_beside(folder)
            mark_whole(folder, self.stopwatch.spent)
            prune_checkpoints(parent, self.kept, self.state.best_global_step)

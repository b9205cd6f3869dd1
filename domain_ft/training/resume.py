"""Training to the end with any trainer of transformers, from its last whole checkpoint where there is one."""

from pathlib import Path

from transformers import TrainerState, set_seed

from domain_ft.errors import DomainFtError
from domain_ft.training.callbacks import Ending
from domain_ft.training.checkpoints import Checkpoint, discard_unfinished, whole_checkpoints
from domain_ft.training.progress import OnEvent, TrainingEvent
from domain_ft.training.stop import StopRequest, stopped
from domain_ft.training.whole_checkpoints import WholeCheckpoints


def train_to_end(trainer: WholeCheckpoints, ending: Ending, report: OnEvent, stop: StopRequest) -> TrainerState:
    """Train, from the last usable checkpoint if there is one; returns the trainer's last state.

    TrainingStoppedError where a stop was asked for before the end.
    """
    folder = Path(trainer.args.output_dir)
    if trainer.is_world_process_zero():
        discard_unfinished(folder)
    checkpoint = last_usable(folder)
    if checkpoint is not None:
        trainer.stopwatch.before = checkpoint.spent
        trainer.restore_beside(checkpoint.path)
        sentence = f"goes on from the checkpoint of step {checkpoint.step}"
        report(TrainingEvent("resumed", checkpoint.step, ending.steps, message=sentence))
        checkpoint = trainer.catch_up(checkpoint)
        trainer.stopwatch.before = checkpoint.spent
        reached = _state(checkpoint)
        if ending.is_reached(reached):
            trainer._load_from_checkpoint(str(checkpoint.path))
            return reached
    set_seed(trainer.args.seed)
    trainer.train(resume_from_checkpoint=str(checkpoint.path) if checkpoint else None)
    state: TrainerState = trainer.state
    if stop.asked and not ending.is_reached(state):
        raise stopped(stop, state.global_step, ending.steps)
    return state


def take_best(trainer: WholeCheckpoints, state: TrainerState) -> None:
    """Put the weights of the best checkpoint into the model, if they are not there already."""
    if state.best_global_step in (None, state.global_step):
        return
    folder = Path(trainer.args.output_dir)
    best = [c for c in whole_checkpoints(folder) if c.step == state.best_global_step]
    if not best:
        raise DomainFtError(
            f"{folder}: the best checkpoint, of step {state.best_global_step}, is gone; "
            "remove the folder and train again"
        )
    trainer._load_from_checkpoint(str(best[0].path))


def last_usable(folder: Path) -> Checkpoint | None:
    """The newest whole checkpoint whose best one is still there."""
    checkpoints = whole_checkpoints(folder)
    steps = {checkpoint.step for checkpoint in checkpoints}
    usable = (c for c in reversed(checkpoints) if _state(c).best_global_step in {None, *steps})
    return next(usable, None)


def _state(checkpoint: Checkpoint) -> TrainerState:
    state: TrainerState = TrainerState.load_from_json(str(checkpoint.path / "trainer_state.json"))
    return state

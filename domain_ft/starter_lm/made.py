"""A starter base model, seen from outside: found where it is whole, and otherwise made by a process of its own.

Nothing is trained here, and no torch imported.
"""

from collections.abc import Callable
from pathlib import Path

from domain_ft.progress import Progress, silent
from domain_ft.starter_lm.recipe import Size, recipe_of
from domain_ft.store.home import Home
from domain_ft.store.publish import is_whole
from domain_ft.training.progress import TrainingEvent
from domain_ft.training.supervise import never, run_process

MODULE = "domain_ft.starter_lm.make"
_KILLED = "end other programs, or take a smaller starter"


def made_starter_lm(
    size: Size, home: Home, *, progress: Progress = silent, cancelled: Callable[[], bool] = never
) -> Path:
    """The folder of the starter model of a size; its first call takes minutes, but for `xs`.

    When the caller is cancelled, interrupted or dies, the process ends with a checkpoint, from which the next call
    goes on: TrainingStoppedError where it was cancelled.
    """
    digest = recipe_of(size).digest
    target = home.starter_lm(digest)

    def hand_on(event: TrainingEvent) -> None:
        if event.kind == "base":
            progress(event.message, event.step, event.total_steps or None)

    if not is_whole(target):  # one that was altered is for the process that makes it anew
        work = home.starter_lm_work(digest)
        work.mkdir(parents=True, exist_ok=True)
        run_process(MODULE, [size, str(home.root)], work, on_event=hand_on, cancelled=cancelled, if_killed=_KILLED)
    return target

"""The learning rate of each step: it rises for the warm-up, then falls as the schedule says, to the minimum rate.

The library's schedules have no minimum rate where there are restarts, and a different one elsewhere; here all are one
formula, and depend on the step's number alone, so that a resumed training goes on with the rate that it had.
"""

import math
from functools import partial
from typing import TYPE_CHECKING

from domain_ft.embedding.settings import Schedule, TrainingSettings

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LambdaLR


def rate_factor(step: int, *, schedule: Schedule, warmup: int, steps: int, minimum: float, cycles: int) -> float:
    """The share of the peak rate in a step, counted from 0: step / warmup, then minimum + (1 - minimum) x fall.

    With p = (step - warmup) / (steps - warmup), linear falls as 1 - p, cosine as (1 + cos(pi p)) / 2, and
    cosine_with_restarts as (1 + cos(pi (cycles p mod 1))) / 2 (SGDR, arXiv 1608.03983, eq. 5, cycles of one length).
    """
    if schedule == "constant":
        return 1.0
    if step < warmup:
        return step / warmup
    if schedule == "constant_with_warmup":
        return 1.0
    passed = min(1.0, (step - warmup) / max(1, steps - warmup))
    return minimum + (1 - minimum) * _fall(schedule, passed, cycles)


def make_scheduler(optimizer: "Optimizer", settings: TrainingSettings, warmup: int, steps: int) -> "LambdaLR":
    """torch's scheduler of the settings for a training of that many steps."""
    from torch.optim.lr_scheduler import LambdaLR

    factor = partial(
        rate_factor,
        schedule=settings.schedule,
        warmup=warmup,
        steps=steps,
        minimum=settings.minimum_rate_ratio,
        cycles=settings.schedule_cycles,
    )
    return LambdaLR(optimizer, factor)


def _fall(schedule: Schedule, passed: float, cycles: int) -> float:
    """From 1 at the end of the warm-up to 0 at the end of the training."""
    if passed >= 1:
        return 0.0
    if schedule == "linear":
        return 1 - passed
    turn = passed if schedule == "cosine" else cycles * passed % 1
    return (1 + math.cos(math.pi * turn)) / 2

"""Which kills a campaign does, and what they came to as a table."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Literal

from domain_ft_tests.faults.points import POINTS, Point
from domain_ft_tests.faults.worker import STAGES

SIGNALS = ("SIGKILL", "SIGTERM", "SIGINT")
AT_POINTS, AT_TRAINING = 2 / 3, 1 / 2
"""The share of the kills that strike at a named point, if there are so many; of the others, that of the trainings."""
TRAININGS = ("train", "train_mined")
MOMENTS = (0.1, 0.95)
"""The random moments, as shares of a stage's usual time."""
Victim = Literal["worker", "step", "child", "all"]
VICTIMS: dict[str, tuple[Victim, ...]] = {
    **dict.fromkeys(TRAININGS, ("worker", "child", "all")),
    **dict.fromkeys(("sweep", "bases"), ("worker", "child", "all")),
    "run": ("worker", "step", "child", "all"),
}
"""Who may be killed in a stage at a random moment; in all others, the worker, which is alone."""


@dataclass(frozen=True)
class Kill:
    """One kill to be done: at a point, or (without one) a share of the stage's usual time after its start."""

    stage: str
    victim: Victim
    signal: str
    point: Point | None = None
    share: float = 0.0

    def __str__(self) -> str:
        where = str(self.point) if self.point else f"{self.stage}: at {self.share:.0%} of its time"
        return f"{where}; {self.victim} by {self.signal}"


@dataclass
class Outcome:
    """What a kill came to; `struck` is false where the stage had ended before."""

    kill: Kill
    struck: bool
    findings: list[str] = field(default_factory=list)


_NAMED = {str(point): point for point in POINTS}


def _sure(victim: Victim, name: str) -> Kill:
    point = _NAMED[name]
    return Kill(point.stage, victim, "SIGKILL", point)


MUST: Mapping[str, tuple[Kill, ...]] = {
    "ingesting": (_sure("worker", "ingest: after history.normalize.normalize"),),
    "mining": (_sure("worker", "dataset: after mining.miner.mine_triplets"),),
    "training": (
        _sure("child", "train: before embedding.trainer.EmbeddingTrainer.training_step (5.)"),
        _sure("worker", "train: before embedding.trainer.EmbeddingTrainer.training_step (11.)"),
        _sure("all", "run: before embedding.trainer.EmbeddingTrainer.training_step (9.)"),
    ),
    "saving a checkpoint": (_sure("child", "train: before training.checkpoints.mark_whole (3.)"),),
    "publishing": (_sure("all", "train: before store.publish._fsync_tree"),),
    "registering": (_sure("worker", "train: after registry.versions._external_model"),),
    "moving the alias": (_sure("worker", "promote: before registry.aliases._give (2.)"),),
    "pruning": (
        _sure("child", "train: after training.checkpoints.unmark (4.)"),
        _sure("worker", "clean: before shutil.rmtree"),
    ),
}
"""What a plan begins with: for each thing that the loop does, its death in the middle of it, by the hardest signal."""
_MUST_STAGES = {kill.stage for kill in chain.from_iterable(MUST.values())}


def planned(kills: int, seed: int) -> list[Kill]:
    """As far as the number goes: the kills that must be, and each other named point once, with the stages in turn; the
    rest at random moments."""
    lot = random.Random(seed)
    plan = [*chain.from_iterable(MUST.values())][:kills]
    sure = {kill.point for kill in plan}
    others = [point for point in _in_turn(lot) if point not in sure]
    for point in others[: max(0, round(kills * AT_POINTS) - len(plan))]:
        plan.append(Kill(point.stage, _victim(point, lot), lot.choice(SIGNALS), point))
    while len(plan) < kills:
        stage = lot.choice(TRAININGS if lot.random() < AT_TRAINING else [*STAGES])
        victim = lot.choice(VICTIMS.get(stage, ("worker",)))
        plan.append(Kill(stage, victim, lot.choice(SIGNALS), share=lot.uniform(*MOMENTS)))
    return plan


def another(late: Kill, lot: random.Random) -> Kill:
    """What takes the place of a kill that struck too late: the same at an earlier moment, or at its point once more."""
    return late if late.point else replace(late, share=lot.uniform(MOMENTS[0], late.share))


def _in_turn(lot: random.Random) -> Iterator[Point]:
    """All points in a random order, one of each stage after the other for as long as it has any; first of the stages
    that a plan does not begin with."""
    stages = sorted(STAGES, key=lambda stage: stage in _MUST_STAGES)
    left = {stage: [point for point in POINTS if point.stage == stage] for stage in stages}
    while any(left.values()):
        for points in left.values():
            if points:
                yield points.pop(lot.randrange(len(points)))


def _victim(point: Point, lot: random.Random) -> Victim:
    """Who dies at a point: the process that is there, one that waits for it, or all of them."""
    if point.process == "worker":
        return "worker"
    return lot.choice([victim for victim in VICTIMS[point.stage] if point.process == "child" or victim != "child"])


def victims(kill: Kill) -> list[str]:
    """Who dies, by what it is to the process that has come to the point."""
    if kill.victim == "all":
        return ["self", "worker", *(["parent"] if kill.point and kill.point.process == "child" else [])]
    if kill.victim == "worker":
        return ["worker"]
    return ["self" if kill.point and kill.victim == kill.point.process else "parent"]


def summary(outcomes: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """What the campaign came to, as one JSON object."""
    struck = [outcome for outcome in outcomes if outcome.struck]
    return {
        "benchmark": "faults",
        "kills": len(struck),
        "too_late": len(outcomes) - len(struck),
        "by_stage": dict(Counter(outcome.kill.stage for outcome in struck)),
        "by_victim": dict(Counter(outcome.kill.victim for outcome in struck)),
        "by_signal": dict(Counter(outcome.kill.signal for outcome in struck)),
        "findings": {str(outcome.kill): outcome.findings for outcome in outcomes if outcome.findings},
        "seconds": round(seconds),
    }


def table(outcomes: Sequence[Outcome]) -> str:
    """The kills by stage and victim, in columns by signal, and beside them those too late and those with findings."""
    rows = [("stage", "victim", *SIGNALS, "too late", "findings")]
    groups = dict.fromkeys((stage, victim) for stage in STAGES for victim in VICTIMS.get(stage, ("worker",)))
    for stage, victim in groups:
        group = [each for each in outcomes if (each.kill.stage, each.kill.victim) == (stage, victim)]
        if group:
            rows.append((stage, victim, *map(str, _counts(group))))
    rows.append(("all", "", *map(str, _counts(outcomes))))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _counts(outcomes: Sequence[Outcome]) -> list[int]:
    struck = Counter(outcome.kill.signal for outcome in outcomes if outcome.struck)
    late = sum(not outcome.struck for outcome in outcomes)
    return [*(struck[name] for name in SIGNALS), late, sum(bool(outcome.findings) for outcome in outcomes)]

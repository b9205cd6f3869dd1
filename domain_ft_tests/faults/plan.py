"""Which kills a campaign does, and what they came to as a table."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from domain_ft_tests.faults.points import POINTS, Point
from domain_ft_tests.faults.worker import STAGES

SIGNALS = ("SIGKILL", "SIGTERM", "SIGINT")
AT_POINTS, AT_TRAINING = 2 / 3, 1 / 2
"""The share of the kills that strike at a named point, if there are so many; of the others, that of the training."""
Victim = Literal["worker", "step", "child", "all"]
VICTIMS: dict[str, tuple[Victim, ...]] = {
    "train": ("worker", "child", "all"),
    "sweep": ("worker", "child", "all"),
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


def planned(kills: int, seed: int) -> list[Kill]:
    """Each named point once, as far as the number goes and with the stages in turn; the rest at random moments."""
    lot = random.Random(seed)
    points = list(_in_turn(lot))[: round(kills * AT_POINTS)]
    plan = [Kill(point.stage, _victim(point, lot), lot.choice(SIGNALS), point) for point in points]
    while len(plan) < kills:
        stage = "train" if lot.random() < AT_TRAINING else lot.choice([*STAGES])
        victim = lot.choice(VICTIMS.get(stage, ("worker",)))
        plan.append(Kill(stage, victim, lot.choice(SIGNALS), share=lot.uniform(0.1, 0.95)))
    return plan


def _in_turn(lot: random.Random) -> Iterator[Point]:
    """All points in a random order, one of each stage after the other for as long as it has any."""
    left = {stage: [point for point in POINTS if point.stage == stage] for stage in STAGES}
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

"""What happens to the made-up product, build by build: changes, breaks, repairs, and the tests that show them.

What is changed, broken and repaired is planned first and without regard to the signal; the signal decides only
which tests a break hits: tests of the changed feature, or any. At signal 0 the texts of changes therefore say
nothing about the tests that flip, and neither does a test's own text: flakiness passes from test to test.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from domain_ft.history.sample.dice import Dice
from domain_ft.history.sample.product import Spot

PASS, FAIL, ERROR, SKIPPED, BLOCKED = range(5)

BREAK_RATE = 0.5
"""Share of builds whose change breaks something."""
MORE_WORK = 0.2
"""Chance of each further commit, of three at most."""
SHARE_RUN = 0.25
"""Share of the tests that an ordinary build runs; every `FULL_EVERY`th runs nearly all."""
FULL_EVERY = 12
NEAR = 0.1
"""Chance that a test hit by a break of its component is of any feature there."""
ALWAYS_FAILING = 0.015
FLAKY_STARTS = 0.0002
"""Chance per build that a test becomes flaky; it stays so for about `FLAKY_BUILDS`."""
FLAKY_BUILDS = 40
NOTICED = 0.97
"""Chance that a build runs a test whose verdict its change turns; otherwise it shows up in a later build."""


@dataclass(frozen=True)
class PlannedBuild:
    """What a build changes: features worked on (the first one breaks, if any does) and breaks repaired."""

    breaks: bool
    worked_on: tuple[Spot, ...]
    repairs: tuple[int, ...]
    """Numbers of the builds whose break is repaired here."""


@dataclass(frozen=True)
class Life:
    """The builds, first to last, in which a test exists, and whether it fails in all of them or cannot decide."""

    spot: Spot
    first: int
    last: int
    always_fails: bool
    unsteady: bool


def plan_builds(spots: Sequence[Spot], builds: int, dice: Dice) -> list[PlannedBuild]:
    """Changes of `builds` builds, one to three each; some components are changed more often than others."""
    weight = {component: 0.5 + 1.5 * dice.uniforms(1)[0] for component in sorted({spot.component for spot in spots})}
    weights = [weight[spot.component] for spot in spots]
    due: list[tuple[int, int]] = []
    planned: list[PlannedBuild] = []
    for build in range(builds):
        breaks = dice.chance(BREAK_RATE)
        repaired = [broken for when, broken in sorted(due) if when <= build][: 2 if breaks else 3]
        due = [entry for entry in due if entry[1] not in repaired]
        room = 3 - len(repaired)
        least = 0 if repaired and not breaks else 1
        more = sum(dice.chance(MORE_WORK) for _ in range(room - least))
        worked_on = tuple(dice.pick_weighted(spots, weights) for _ in range(least + more))
        if breaks:
            due.append((build + 1 + dice.below(9), build))
        planned.append(PlannedBuild(breaks, worked_on, tuple(repaired)))
    return planned


def run_builds(
    planned: Sequence[PlannedBuild], lives: Sequence[Life], *, signal: float, dice: Dice
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]]:
    """For each build, the tests that it runs (indices, ascending) and their verdicts."""
    state = _State(lives, dice)
    for build, plan in enumerate(planned):
        state.begin(build)
        turned = state.repair(build, plan.repairs)
        if plan.breaks:
            turned += state.break_tests(build, plan.worked_on[0], signal, set(turned))
        yield state.run(build, turned)


@dataclass
class _State:
    lives: Sequence[Life]
    dice: Dice
    broken_by: dict[int, int] = field(default_factory=dict)
    """Broken test -> build whose repair heals it."""
    astray: dict[int, int] = field(default_factory=dict)
    """Broken test that its break does not explain -> build from which on any repair heals it in passing."""

    def __post_init__(self) -> None:
        count = len(self.lives)
        self.first = np.array([life.first for life in self.lives], dtype=np.int64)
        self.last = np.array([life.last for life in self.lives], dtype=np.int64)
        self.always = np.array([life.always_fails for life in self.lives], dtype=bool)
        self.unsteady = np.array([life.unsteady for life in self.lives], dtype=bool)
        self.component = np.array([life.spot.component for life in self.lives], dtype=np.int64)
        self.flaky_until = np.full(count, -1, dtype=np.int64)
        self.flaky_chance = np.zeros(count)
        self.failed_before = np.zeros(count, dtype=bool)
        self.alive = np.zeros(count, dtype=bool)

    def begin(self, build: int) -> None:
        """Tests come and go; some become flaky."""
        self.alive = (self.first <= build) & (build <= self.last)
        starts = np.flatnonzero(self.alive & (self.dice.uniforms(len(self.lives)) < FLAKY_STARTS))
        for test in starts:
            self.flaky_until[test] = build + self.dice.below(2 * FLAKY_BUILDS)
            self.flaky_chance[test] = 0.05 + 0.25 * self.dice.uniforms(1)[0]

    def repair(self, build: int, repairs: Sequence[int]) -> list[int]:
        """Heal the tests of these breaks, and strays whose time has come; returns the healed."""
        healed = [test for test, broken in self.broken_by.items() if broken in repairs]
        if repairs:
            healed += [test for test, when in self.astray.items() if when <= build]
        for test in healed:
            self.broken_by.pop(test, None)
            self.astray.pop(test, None)
        return healed

    def break_tests(self, build: int, spot: Spot, signal: float, spared: set[int]) -> list[int]:
        """Let a change of `spot` break two to five tests, each of them its own as often as `signal` says."""
        broken: list[int] = []
        for _ in range(2 + self.dice.below(4)):
            own, near = self.dice.chance(signal), self.dice.chance(NEAR)
            taken = spared | set(broken)
            test = self._victim(spot if own else None, near, taken)
            if test is None:
                continue
            broken.append(test)
            if own:
                self.broken_by[test] = build
            else:
                self.astray[test] = build + 1 + self.dice.below(9)
        return broken

    def _victim(self, spot: Spot | None, near: bool, taken: set[int]) -> int | None:
        healthy = self.alive & ~self.always & ~self.unsteady
        healthy[[*taken, *self.broken_by, *self.astray]] = False
        if spot is not None:
            healthy &= self.component == spot.component
        tests = [int(test) for test in np.flatnonzero(healthy)]
        if spot is not None and not near:
            tests = [test for test in tests if self.lives[test].spot == spot] or tests
        return self.dice.pick(tests) if tests else None

    def run(self, build: int, turned: Sequence[int]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int8]]:
        """Choose the tests that run and say how they end."""
        count = len(self.lives)
        draws = self.dice.uniforms(count)
        runs = draws < (0.97 if build % FULL_EVERY == FULL_EVERY - 1 else SHARE_RUN)
        waiting = [*self.broken_by, *self.astray]
        runs[waiting] |= self.dice.uniforms(len(waiting)) < 0.6
        runs[list(turned)] |= self.dice.uniforms(len(turned)) < NOTICED
        tests = np.flatnonzero(runs & self.alive)
        return tests, self._verdicts(build, tests, turned)

    def _verdicts(self, build: int, tests: npt.NDArray[np.int64], turned: Sequence[int]) -> npt.NDArray[np.int8]:
        broken = np.zeros(len(self.lives), dtype=bool)
        broken[[*self.broken_by, *self.astray]] = True
        luck = self.dice.uniforms(len(tests))
        flaky = (self.flaky_until[tests] >= build) & (luck < self.flaky_chance[tests])
        restless = self.unsteady[tests] & ((luck < 0.8) != self.failed_before[tests])
        failed = broken[tests] | self.always[tests] | flaky | restless
        verdicts = np.where(failed, FAIL, PASS).astype(np.int8)
        manner = self.dice.uniforms(len(tests))
        verdicts[failed & (manner < 0.1)] = ERROR
        quiet = ~np.isin(tests, list(turned))
        verdicts[quiet & (manner > 0.985)] = SKIPPED
        verdicts[quiet & (manner > 0.995)] = BLOCKED
        self.failed_before[tests] = failed
        return verdicts

"""A whole history of the made-up product, from a seed: its tests, its builds, and what ran in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from domain_ft.errors import InputError
from domain_ft.history.sample.dice import Dice
from domain_ft.history.sample.product import Spot, spots
from domain_ft.history.sample.timeline import ALWAYS_FAILING, Life, PlannedBuild, plan_builds, run_builds
from domain_ft.history.sample.wording import commit_message, test_steps, test_summary

START = datetime(2024, 3, 4, 6, 0, tzinfo=UTC)
"""A Monday."""
TESTS_PER_FEATURE = 4
"""Fewer tests than this for each feature make a smaller product instead."""


@dataclass(frozen=True)
class SampleTest:
    """A test; `spot` is the truth behind its text."""

    test_id: str
    summary: str
    steps: str
    spot: Spot


@dataclass(frozen=True)
class SampleBuild:
    """A build: its change and the runs, as indices into the tests and verdict numbers of `timeline`."""

    build_id: str
    started_at: datetime
    commits: tuple[str, ...]
    """Message and hash by turns."""
    paths: tuple[str, ...]
    tests: npt.NDArray[np.int64]
    verdicts: npt.NDArray[np.int8]
    plan: PlannedBuild


@dataclass(frozen=True)
class SampleHistory:
    """Tests, and builds in the order of time."""

    tests: tuple[SampleTest, ...]
    builds: tuple[SampleBuild, ...]


def sample_history(*, builds: int, tests: int, seed: int, signal: float) -> SampleHistory:
    """Make up a history; equal arguments give the equal history.

    `signal` (0 to 1) is the chance that a test which a change breaks is one of the changed feature or component
    and not just any. Texts and dates do not depend on it. Raises InputError on impossible arguments.
    """
    _check(builds, tests, seed, signal)
    inhabited = Dice(seed, "product").shuffled(spots())[: max(1, tests // TESTS_PER_FEATURE)]
    made, lives = _tests(inhabited, tests, builds, Dice(seed, "tests"))
    planned = plan_builds(inhabited, builds, Dice(seed, "plan"))
    ran = run_builds(planned, lives, signal=signal, dice=Dice(seed, "runs"))
    words, days = Dice(seed, "words"), _starts(builds, Dice(seed, "days"))
    done = tuple(
        SampleBuild(f"marlow-{1000 + number}", next(days), *_change(number, planned, words), *next(ran), plan)
        for number, plan in enumerate(planned)
    )
    return SampleHistory(made, done)


def _check(builds: int, tests: int, seed: int, signal: float) -> None:
    if builds < 1 or tests < 1:
        raise InputError(f"a sample of {builds} builds and {tests} tests is empty; ask for at least one of each")
    if seed < 0:
        raise InputError(f"seed {seed}: must not be negative")
    if not 0 <= signal <= 1:
        raise InputError(f"signal {signal}: must lie between 0 (nothing to learn) and 1")


def _tests(
    inhabited: list[Spot], count: int, builds: int, dice: Dice
) -> tuple[tuple[SampleTest, ...], tuple[Life, ...]]:
    """Texts and lives; four of five tests are there from the start, the others come later."""
    firsts = sorted(0 if dice.chance(0.8) else dice.below(builds) for _ in range(count))
    homes = dice.shuffled([inhabited[number % len(inhabited)] for number in range(count)])
    made, lives, known = [], [], set()
    for number, (first, spot) in enumerate(zip(firsts, homes, strict=True)):
        summary = test_summary(spot, dice)
        for _ in range(20):
            if summary not in known:
                break
            summary = test_summary(spot, dice)
        known.add(summary)
        made.append(SampleTest(f"TC-{number + 1:05d}", summary, test_steps(spot, dice), spot))
        lives.append(_life(spot, first, builds, dice))
    return tuple(made), tuple(lives)


def _life(spot: Spot, first: int, builds: int, dice: Dice) -> Life:
    """Some tests fail for ever; some of the new ones cannot decide and are given up after a while."""
    manner = dice.uniforms(1)[0]
    unsteady = first > 0 and manner > 0.95
    last = first + 30 if unsteady else builds
    return Life(spot, first, last, bool(manner < ALWAYS_FAILING), unsteady)


def _change(build: int, planned: list[PlannedBuild], dice: Dice) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Commit messages, each followed by its hash, and the paths touched."""
    plan = planned[build]
    touched = [(spot, False) for spot in plan.worked_on]
    touched += [(planned[broken].worked_on[0], True) for broken in plan.repairs]
    commits: list[str] = []
    for spot, repair in dice.shuffled(touched):
        commits += [commit_message(spot, repair=repair, dice=dice), dice.hexadecimal(40)]
    return tuple(commits), tuple(sorted({spot.path for spot, _ in touched}))


def _starts(builds: int, dice: Dice) -> Iterator[datetime]:
    """Starts on working days, three a day, or more where the whole would take longer than two years."""
    a_day = max(3, -(-builds // 500))
    for number in range(builds):
        day, turn = divmod(number, a_day)
        week, weekday = divmod(day, 5)
        hours = 14 * (turn + 0.9 * float(dice.uniforms(1)[0])) / a_day
        yield (START + timedelta(weeks=week, days=weekday, hours=hours)).replace(microsecond=0)

"""What the experiment judges: the builds of a dataset's splits, which of their runs count as faults, and the slices.

It is fixed, and has a digest, before any model encodes a text; every arm is judged on the same rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from domain_ft.history.settings import Relevance
from domain_ft.history.tables import History
from domain_ft.mining.settings import FLAKY_FROM_RUNS
from domain_ft.prioritization.features import Rows, labelled_rows
from domain_ft.prioritization.judged_runs import JudgedRuns
from domain_ft.prioritization.settings import PrioritizationSettings
from domain_ft.prioritization.timeline import BoolArray, IntArray, Timeline, build_timeline
from domain_ft.words import normalized

Split = Literal["train", "validation", "test"]
ALWAYS_FAILING_RUNS = 5
"""A test has always failed if it failed in all of at least so many known runs."""
FLAKY_RATE = 0.5
"""A test is flaky if more than this share of its earlier runs flipped, from `FLAKY_FROM_RUNS` on, as mining has it."""


@dataclass(frozen=True)
class PrioritizationCase:
    """All labelled runs (n) by build, and what they count as."""

    timeline: Timeline
    rows: Rows
    place: IntArray
    """Each row's place among `timeline.runs`."""
    split: Mapping[Split, BoolArray]
    """Which builds (b) each split holds; what a model knows of is in none."""
    relevance: Relevance
    settings: PrioritizationSettings
    excluded: Mapping[str, int]
    """Builds of the test split that are left out because a model knows them, by reason."""

    @cached_property
    def failed(self) -> BoolArray:
        return self.timeline.runs.failed[self.place]

    @cached_property
    def relevant(self) -> BoolArray:
        return self.timeline.runs.relevant[self.place]

    @property
    def faults(self) -> BoolArray:
        """The runs (n) that are to come early."""
        return self.relevant if self.settings.faults == "relevant" else self.failed

    @cached_property
    def clusters(self) -> IntArray:
        """Per build (b) the number of its unit of resampling: builds of one change text are one piece of evidence."""
        number: dict[str, int] = {}
        return np.array(
            [
                number.setdefault(normalized(text) or f"\n{build}", len(number))
                for build, text in enumerate(self.timeline.change_texts)
            ],
            dtype=np.int64,
        )

    def rows_of(self, split: Split) -> BoolArray:
        """Which rows (n) are those of a split's builds."""
        return self.split[split][self.rows.build]

    def judged(self, split: Split, faults: BoolArray | None = None) -> JudgedRuns:
        """A split's runs as orders are judged on them; `faults` (n) in place of the setting's own."""
        chosen = self.rows_of(split)
        durations = self.timeline.runs.duration[self.place]
        return JudgedRuns(
            self.rows.build[chosen], (self.faults if faults is None else faults)[chosen], durations[chosen]
        )

    @cached_property
    def slices(self) -> dict[str, BoolArray]:
        """Parts of the runs (n) that count as faults, each judged for itself.

        first_failures: the test had never failed before; repeat_failures: it had. breaks and fixes: flips to fail and
        to pass. steady_tests: faults of tests that are neither flaky nor have always failed; unsteady_tests: of those.
        """
        runs, own = self.timeline.runs, self.place
        unsteady = self._unsteady
        return {
            "first_failures": self.failed & ~self._failed_before,
            "repeat_failures": self.failed & self._failed_before,
            "breaks": (runs.flipped & runs.failed)[own],
            "fixes": (runs.flipped & ~runs.failed)[own],
            "steady_tests": self.faults & ~unsteady,
            "unsteady_tests": self.faults & unsteady,
        }

    @cached_property
    def _before(self) -> tuple[IntArray, IntArray, IntArray]:
        """Per row (n) the test's earlier runs, and how many of them failed and flipped, in the order of the builds."""
        runs = self.timeline.runs
        first = np.flatnonzero(np.diff(runs.test, prepend=-1))
        opening = np.repeat(first, np.diff(first, append=len(runs.test)))
        place = np.arange(len(runs.test))
        failures, flips = (np.concatenate([[0], np.cumsum(marked)]) for marked in (runs.failed, runs.flipped))
        own = self.place
        return (
            (place - opening)[own],
            (failures[place] - failures[opening])[own],
            (flips[place] - flips[opening])[own],
        )

    @property
    def _failed_before(self) -> BoolArray:
        return np.asarray(self._before[1] > 0)

    @property
    def _unsteady(self) -> BoolArray:
        runs, failures, flips = self._before
        always = (runs >= ALWAYS_FAILING_RUNS) & (failures == runs)
        flaky = (runs >= FLAKY_FROM_RUNS) & (flips > FLAKY_RATE * (runs - 1))
        return np.asarray(always | flaky)


def prioritization_case(
    history: History,
    build_splits: Mapping[str, str],
    relevance: Relevance,
    settings: PrioritizationSettings,
    known_builds: frozenset[str] = frozenset(),
    excluded: Mapping[str, int] | None = None,
) -> PrioritizationCase:
    """The case of a history; `build_splits`: build id -> split, `known_builds`: those of the test split that a model
    has seen, with `excluded` their number by reason."""
    timeline = build_timeline(history, relevance, settings.features.parallel_tests)
    rows, place = labelled_rows(timeline)
    placed = np.array([build_splits.get(build, "") for build in timeline.build_ids], dtype=object)
    seen = np.array([build in known_builds for build in timeline.build_ids], dtype=bool)
    names: tuple[Split, ...] = ("train", "validation", "test")
    split: dict[Split, BoolArray] = {name: np.asarray(placed == name) & ~(seen & (name == "test")) for name in names}
    return PrioritizationCase(timeline, rows, place, split, relevance, settings, excluded or {})

"""Where the rows of a history went on their way to triplets, so that "too few triplets" never stays a riddle.

Three sums hold: the runs, the tests (each stands in exactly one row) and the relevant runs of the training builds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from domain_ft.history.settings import RELEVANCE_MEANING
from domain_ft.mining.candidates import Candidates, Integers
from domain_ft.mining.result import FunnelRow
from domain_ft.mining.settings import FLAKY_FROM_RUNS, TripletSettings
from domain_ft.splits.by_time import SPLITS


class Fate(IntEnum):
    """What became of a test in a split's period; of several reasons the first one counts."""

    VALID = 0
    WITHOUT_TEXT = 1
    NOT_RUN = 2
    FEW_FAILING_BUILDS = 3
    FEW_PASSING_BUILDS = 4
    FLAKY = 5
    NO_RELEVANT_CHANGE = 6
    NO_CHANGE_TEXT = 7
    NO_UNAFFECTED_CHANGE = 8
    CONFLICTING_TEXT = 9
    OVER_MAX_PER_BUILD = 10


@dataclass(frozen=True)
class PairLosses:
    """Relevant runs of a split that gave no triplet, by reason."""

    of_left_out_tests: int
    conflicting: int
    over_max_per_build: int
    over_max_per_test: int


def mining_funnel(
    runs: int,
    candidates: Candidates,
    fates: Integers,
    losses: PairLosses,
    counts: Mapping[str, int],
    settings: TripletSettings,
) -> tuple[FunnelRow, ...]:
    """The rows from runs to triplets; `fates` (tests,) and `losses` are those of the training split."""
    triplets = [FunnelRow(f"triplets_{name}", count, f"triplets of the {name} split") for name, count in counts.items()]
    return (
        FunnelRow("runs", runs, "runs that mining looks at"),
        FunnelRow("runs_without_verdict", runs - candidates.labelled, "skipped or blocked: they say nothing"),
        FunnelRow("labelled_runs", candidates.labelled, "passed, failed or ended in an error"),
        *_relevant_rows(candidates, settings),
        *_test_rows(fates, settings),
        FunnelRow("pairs_of_left_out_tests", losses.of_left_out_tests, "relevant runs of tests left out above"),
        FunnelRow("pairs_with_conflicting_text", losses.conflicting, "an unaffected change of the test reads the same"),
        FunnelRow(
            "pairs_over_max_per_build",
            losses.over_max_per_build,
            f"max_per_build is {settings.max_per_build or 'null'}",
        ),
        FunnelRow(
            "pairs_over_max_triplets_per_test",
            losses.over_max_per_test,
            f"max_triplets_per_test is {settings.max_triplets_per_test}",
        ),
        *triplets,
    )


def _relevant_rows(candidates: Candidates, settings: TripletSettings) -> list[FunnelRow]:
    builds, of_run = candidates.builds, candidates.relevant.build
    split, without_text = builds.split[of_run], builds.without_text[of_run]
    train = SPLITS.index("train")
    meaning = RELEVANCE_MEANING[settings.relevance]
    return [
        FunnelRow("builds_without_change_text", int(builds.without_text.sum()), "left out: nothing to learn from"),
        FunnelRow("relevant_runs", len(of_run), f"relevance {settings.relevance}: {meaning}"),
        FunnelRow("relevant_runs_without_change_text", int(without_text.sum()), "their build has no change text"),
        FunnelRow(
            "relevant_runs_in_left_out_builds",
            int((~without_text & (split < 0)).sum()),
            "a build of a later split has the same change text",
        ),
        FunnelRow("relevant_runs_held_out", int((split > train).sum()), "in validation or test builds"),
        FunnelRow("relevant_runs_in_training", int((split == train).sum()), "in training builds"),
    ]


def _test_rows(fates: Integers, settings: TripletSettings) -> list[FunnelRow]:
    counts = np.bincount(fates, minlength=len(Fate))
    left_out = [
        FunnelRow(f"tests_{fate.name.lower()}", int(counts[fate]), f"left out: {_reason(fate, settings)}")
        for fate in Fate
        if fate is not Fate.VALID
    ]
    valid = FunnelRow("valid_tests", int(counts[Fate.VALID]), "gave at least one training triplet")
    return [FunnelRow("tests", len(fates), "all tests of the history"), *left_out, valid]


def _reason(fate: Fate, settings: TripletSettings) -> str:
    return {
        Fate.WITHOUT_TEXT: "the test has no text",
        Fate.NOT_RUN: "passed or failed in no build of the training period",
        Fate.FEW_FAILING_BUILDS: f"failed in fewer training builds than min_fail_builds ({settings.min_fail_builds})",
        Fate.FEW_PASSING_BUILDS: f"passed in fewer training builds than min_pass_builds ({settings.min_pass_builds})",
        Fate.FLAKY: f"flipped in a larger share of its training runs than flaky_threshold "
        f"({settings.flaky_threshold:g}, judged from {FLAKY_FROM_RUNS} runs on)",
        Fate.NO_RELEVANT_CHANGE: f"no training build is relevant to it (relevance {settings.relevance})",
        Fate.NO_CHANGE_TEXT: "the builds relevant to it have no change text, or one that a later split has, too",
        Fate.NO_UNAFFECTED_CHANGE: "in no training build with a change text did it pass without a flip",
        Fate.CONFLICTING_TEXT: "its relevant and its unaffected changes read the same",
        Fate.OVER_MAX_PER_BUILD: f"its builds gave max_per_build ({settings.max_per_build}) triplets to other tests",
    }[fate]

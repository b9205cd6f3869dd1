"""The experiment's tables as files: every ranked test, and every metric of every build."""

import csv
from pathlib import Path

import numpy as np

from domain_ft.prioritization.arms import Arms
from domain_ft.prioritization.case import PrioritizationCase
from domain_ft.prioritization.experiment import Judged
from domain_ft.prioritization.orders import mean_ranks
from domain_ft.prioritization.platt import fault_probability


def write_tests(path: Path, case: PrioritizationCase, arms: Arms, order: str) -> None:
    """Every run of the test split by build and rank in an order: build, test, verdict, probability, score, rank.

    probability: that the run counts as a fault, by a logistic curve of the score that is fitted on validation. Tied
    tests share their mean rank.
    """
    chosen = np.flatnonzero(case.rows_of("test"))
    build, score = case.rows.build[chosen], arms.scores[order][chosen]
    ranks = mean_ranks(build, score)
    said = fault_probability(arms.scores[order], case.faults, case.rows_of("validation"))[chosen]
    timeline = case.timeline
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["build", "test", "verdict", "probability", "score", "rank"])
        for place in np.lexsort((ranks, build)).tolist():
            row = int(chosen[place])
            writer.writerow([
                timeline.build_ids[case.rows.build[row]],
                timeline.test_ids[case.rows.test[row]],
                "fail" if case.failed[row] else "pass",
                f"{said[place]:.6f}",
                f"{score[place]:.6g}",
                f"{ranks[place]:g}",
            ])  # fmt: skip


def write_builds(path: Path, case: PrioritizationCase, judged: Judged) -> None:
    """Every judged build of the test split and every order: build, started (nothing for a
    build that has a number and no time), tests, faults, order, then the metrics."""
    runs, timeline = judged.runs, case.timeline
    names = list(next(iter(judged.per_build.values())))
    moments = np.array(timeline.started, dtype="datetime64[us]")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["build", "started", "tests", "faults", "order", *names])
        for place in np.flatnonzero(runs.judged).tolist():
            build = int(runs.builds[place])
            started = "" if timeline.numbered[build] else f"{moments[build]}Z"
            about = [timeline.build_ids[build], started, runs.tests[place], runs.failing[place]]
            for order, values in judged.per_build.items():
                writer.writerow([*about, order, *(f"{values[name][place]:.6f}" for name in names)])

"""The metrics of one build by their definitions, order by order: what the vectorised ones are held against."""

from collections.abc import Iterator, Sequence
from itertools import groupby, permutations, product

import numpy as np

from domain_ft.prioritization.order_metrics import BUDGETS, FaultMapping

CURVE_POINTS = 11


def expected_metrics(
    failed: Sequence[bool], seconds: Sequence[float], score: Sequence[float], faults: FaultMapping
) -> dict[str, np.ndarray]:
    """Each metric's mean over all orders in which no higher score stands behind a lower one."""
    found = [metrics_of_order([failed[i] for i in order], [seconds[i] for i in order], faults)
             for order in _orders(score)]  # fmt: skip
    return {name: np.mean([metrics[name] for metrics in found], axis=0) for name in found[0]}


def metrics_of_order(failed: list[bool], seconds: list[float], faults: FaultMapping) -> dict[str, object]:
    """The metrics of tests that run in this order."""
    n, failing = len(failed), [place for place, fails in enumerate(failed) if fails]
    faulty = failing if faults == "one_per_test" else failing[:1]
    m, total, finished = len(faulty), sum(seconds), np.cumsum(seconds) / sum(seconds)

    def apfd(places: Sequence[int]) -> float:
        return len(places) / m - sum(place + 1 for place in places) / (n * m) + len(places) / m / (2 * n)

    def within(budget: float) -> list[int]:
        return [place for place in faulty if finished[place] <= budget + 1e-9]

    best, worst = apfd(range(m)), apfd([n - 1 - place for place in range(m)] if m > 1 else [n - len(failing)])
    return {
        "apfd": apfd(faulty),
        "normalized_apfd": (apfd(faulty) - worst) / (best - worst),
        "napfd_at_50": apfd(within(0.5)),
        "apfdc": sum(sum(seconds[place:]) - seconds[place] / 2 for place in faulty) / (total * m),
        "first_failure_rank": failing[0] + 1,
        "first_failure_time_share": finished[failing[0]],
        **{name: len(within(budget)) / m for name, budget in BUDGETS.items()},
        "map": sum((number + 1) / (place + 1) for number, place in enumerate(faulty)) / m,
        "curve": [finished[failing[0]] <= share + 1e-9 for share in np.linspace(0, 1, CURVE_POINTS)],
    }


def _orders(score: Sequence[float]) -> Iterator[list[int]]:
    ranked = sorted(range(len(score)), key=lambda row: -score[row])
    ties = [list(tie) for _, tie in groupby(ranked, key=lambda row: score[row])]
    for orders in product(*(permutations(tie) for tie in ties)):
        yield [row for order in orders for row in order]

"""Many models on one task: their order on a metric, and what of it is more than chance.

The statistics are those of the benchmark; with several differences in one table Holm's correction is over all of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain_ft.evaluation.comparison import ALL, DifferenceRow, Estimates, difference_row, estimates
from domain_ft.evaluation.metrics import PerQuery
from domain_ft.evaluation.settings import BenchmarkSettings
from domain_ft.evaluation.statistics import PairedDifference, Resampling, compare, holm
from domain_ft.evaluation.task import IntArray

PerMetric = Mapping[str, PerQuery]


@dataclass(frozen=True)
class Leaderboard:
    """The arms with their estimates, the best ranked one first, and the differences that were asked for."""

    order: tuple[str, ...]
    arms: Estimates
    differences: tuple[DifferenceRow, ...]


def rank_arms(
    ranked: Mapping[str, PerMetric],
    beside: Mapping[str, PerMetric],
    clusters: IntArray,
    settings: BenchmarkSettings,
    *,
    minimum_effect: float,
) -> Leaderboard:
    """Order arms by the mean of the primary metric, and compare the first with each other one.

    `beside` holds, by the same names, what each arm is compared with on its own (the model before its training); its
    figures stand under `untuned(name)`.
    """
    resampling = Resampling(settings.resamples, settings.confidence, settings.seed)
    figures = {**ranked, **{untuned(name): arm for name, arm in beside.items()}}
    arms = {name: estimates(arm, clusters, resampling) for name, arm in figures.items()}
    metric = settings.primary_metric
    order = tuple(sorted(ranked, key=lambda name: -arms[name][metric].mean))
    pairs = [*((order[0], other) for other in order[1:]), *((name, untuned(name)) for name in order if name in beside)]
    found = {
        pair: difference
        for pair in pairs
        if (difference := compare(figures[pair[0]][metric], figures[pair[1]][metric], clusters, resampling))
    }
    return Leaderboard(order, arms, tuple(_rows(found, settings, minimum_effect)))


def untuned(name: str) -> str:
    """How the arm is called from which another one's training began."""
    return f"{name} untuned"


def not_told_apart(board: Leaderboard) -> tuple[str, ...]:
    """The ranked arms that the first one is not shown to be better than."""
    first, *others = board.order
    better = {row.reference for row in board.differences if row.candidate == first and row.verdict == "WIN"}
    return tuple(name for name in others if name not in better)


def _rows(
    found: Mapping[tuple[str, str], PairedDifference], settings: BenchmarkSettings, minimum_effect: float
) -> Iterator[DifferenceRow]:
    p_values = {" - ".join(pair): one.p_value for pair, one in found.items() if one.p_value is not None}
    adjusted = holm(p_values)
    for pair, difference in found.items():
        p_holm = adjusted.get(" - ".join(pair))
        yield difference_row(pair, settings.primary_metric, ALL, difference, settings, minimum_effect, p_holm)

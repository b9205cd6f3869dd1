"""From the arms' figures per query to what a benchmark says: estimates, differences, guards, and the verdict.

Plain values only, ready for JSON: nothing here knows a model, a file or a report.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain_ft.evaluation.arms import BASE, BM25, CANDIDATE, CHAMPION, FUSION, ArmFigures
from domain_ft.evaluation.benchmark_file import Verdict
from domain_ft.evaluation.metrics import METRICS, PerQuery
from domain_ft.evaluation.settings import BenchmarkSettings
from domain_ft.evaluation.statistics import Estimate, PairedDifference, Resampling, compare, estimate_mean, holm
from domain_ft.evaluation.task import IntArray
from domain_ft.evaluation.verdict import Guard, guard, judge

ALL = "all"
HIGHER_IS_BETTER = (*METRICS, "triplet_accuracy", "similarity_gap")
"""What a difference is judged on; a mean cosine alone is neither good nor bad."""
Estimates = Mapping[str, Mapping[str, Estimate]]
"""Arm, then metric."""


@dataclass(frozen=True)
class DifferenceRow:
    """Candidate minus reference on one metric in one slice (`all` for every query)."""

    candidate: str
    reference: str
    metric: str
    slice: str
    mean: float
    low: float | None
    high: float | None
    n: int
    clusters: int
    p_value: float | None
    p_holm: float | None
    """Adjusted for the number of slices; None outside slices, where the one primary metric decides."""
    verdict: Verdict
    n_needed: int | None


@dataclass(frozen=True)
class Comparison:
    """All that the arms' figures say; the verdict is about candidate minus `reference` on the primary metric."""

    primary_metric: str
    reference: str
    verdict: Verdict
    n: int
    clusters: int
    n_needed: int | None
    arms: Estimates
    slices: Mapping[str, Estimates]
    differences: tuple[DifferenceRow, ...]
    guards: Mapping[str, Guard]


@dataclass(frozen=True)
class _Judge:
    """What every comparison of one benchmark has in common."""

    figures: Mapping[str, ArmFigures]
    clusters: IntArray
    settings: BenchmarkSettings
    minimum_effect: float

    @property
    def resampling(self) -> Resampling:
        return Resampling(self.settings.resamples, self.settings.confidence, self.settings.seed)

    def overall(self, reference: str, metric: str) -> PairedDifference | None:
        """Candidate minus reference over all queries; None where one of them lacks the metric."""
        ours, theirs = self.figures[CANDIDATE].overall, self.figures[reference].overall
        return self._paired(ours.get(metric), theirs.get(metric))

    def rows(self, reference: str) -> list[DifferenceRow]:
        """Every metric over all queries, then the primary metric in each slice."""
        overall = [self._row(reference, metric, ALL, self.overall(reference, metric)) for metric in HIGHER_IS_BETTER]
        return [row for row in overall if row is not None] + self._slice_rows(reference)

    def _slice_rows(self, reference: str) -> list[DifferenceRow]:
        metric = self.settings.primary_metric
        ours, theirs = self.figures[CANDIDATE].slices, self.figures[reference].slices
        found = {name: self._paired(ours[name][metric], theirs[name][metric]) for name in ours}
        p_values = {name: one.p_value for name, one in found.items() if one is not None and one.p_value is not None}
        adjusted = holm(p_values)
        rows = [self._row(reference, metric, name, one, adjusted.get(name)) for name, one in found.items()]
        return [row for row in rows if row is not None]

    def _paired(self, ours: PerQuery | None, theirs: PerQuery | None) -> PairedDifference | None:
        return None if ours is None or theirs is None else compare(ours, theirs, self.clusters, self.resampling)

    def _row(
        self, reference: str, metric: str, part: str, difference: PairedDifference | None, p_holm: float | None = None
    ) -> DifferenceRow | None:
        if difference is None:
            return None
        pair = (CANDIDATE, reference)
        return difference_row(pair, metric, part, difference, self.settings, self.minimum_effect, p_holm)


def difference_row(
    pair: tuple[str, str],
    metric: str,
    part: str,
    difference: PairedDifference,
    settings: BenchmarkSettings,
    minimum_effect: float,
    p_holm: float | None = None,
) -> DifferenceRow:
    """The row of a paired difference, first arm minus second, with its verdict."""
    judgement = judge(difference, minimum_effect=minimum_effect, confidence=settings.confidence, p_holm=p_holm)
    estimate = difference.estimate
    return DifferenceRow(
        candidate=pair[0],
        reference=pair[1],
        metric=metric,
        slice=part,
        mean=estimate.mean,
        low=estimate.low,
        high=estimate.high,
        n=estimate.n,
        clusters=estimate.clusters,
        p_value=difference.p_value,
        p_holm=p_holm,
        verdict=judgement.verdict,
        n_needed=judgement.n_needed,
    )


def compare_arms(
    figures: Mapping[str, ArmFigures],
    clusters: IntArray,
    settings: BenchmarkSettings,
    *,
    minimum_effect: float,
    margin: float,
) -> Comparison:
    """Judge the candidate: against the champion if there is one, else against the base.

    The differences to champion, base, BM25 and the fusion are listed whichever decides; guards always look at the base.
    """
    case = _Judge(figures, clusters, settings, minimum_effect)
    reference = CHAMPION if CHAMPION in figures else BASE
    primary = settings.primary_metric
    rows = [row for name in (CHAMPION, BASE, BM25, FUSION) if name in figures for row in case.rows(name)]
    decisive = next(row for row in rows if (row.reference, row.metric, row.slice) == (reference, primary, ALL))
    return Comparison(
        primary_metric=primary,
        reference=reference,
        verdict=decisive.verdict,
        n=decisive.n,
        clusters=decisive.clusters,
        n_needed=decisive.n_needed,
        arms={name: estimates(arm.overall, clusters, case.resampling) for name, arm in figures.items()},
        slices={
            part: {name: estimates(arm.slices[part], clusters, case.resampling) for name, arm in figures.items()}
            for part in figures[BASE].slices
        },
        differences=tuple(rows),
        guards={metric: guard(case.overall(BASE, metric), margin) for metric in settings.guard_metrics},
    )


def estimates(values: Mapping[str, PerQuery], clusters: IntArray, resampling: Resampling) -> dict[str, Estimate]:
    """The mean of each metric with its interval; a metric that no query defines is left out."""
    found = {metric: estimate_mean(per_query, clusters, resampling) for metric, per_query in values.items()}
    return {metric: estimate for metric, estimate in found.items() if estimate is not None}

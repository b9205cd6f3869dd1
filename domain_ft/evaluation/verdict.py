"""WIN, REGRESSION or INCONCLUSIVE: one sentence's worth of rules, kept apart from everything that computes.

The verdict is read off the confidence interval of the primary metric's difference, and the permutation test has to
agree: a bootstrap alone is too sure of itself where only few builds differ at all. The guards bound what else the
candidate may cost against the base model.
"""

from dataclasses import dataclass

from domain_ft.evaluation.benchmark_file import Verdict
from domain_ft.evaluation.statistics import PairedDifference, n_to_decide


@dataclass(frozen=True)
class Judgement:
    """A verdict and, where it is INCONCLUSIVE, the number of clusters that would decide the minimum effect."""

    verdict: Verdict
    n_needed: int | None = None


@dataclass(frozen=True)
class Guard:
    """Whether a metric stays above the base's by more than minus the margin, with the interval that says so."""

    difference: float | None
    low: float | None
    margin: float
    passed: bool


def judge(
    difference: PairedDifference | None, *, minimum_effect: float, confidence: float, p_holm: float | None = None
) -> Judgement:
    """WIN if the interval lies above 0, REGRESSION if below, else INCONCLUSIVE with the n that would decide.

    Either needs a p-value of at most 1 - confidence; for one of several sub-groups that is `p_holm`, adjusted for
    their number.
    """
    if difference is None:
        return Judgement("INCONCLUSIVE")
    low, high = difference.estimate.low, difference.estimate.high
    p_value = difference.p_value if p_holm is None else p_holm
    significant = p_value is not None and p_value <= 1 - confidence
    if low is not None and high is not None and significant:
        if low > 0:
            return Judgement("WIN")
        if high < 0:
            return Judgement("REGRESSION")
    return Judgement("INCONCLUSIVE", n_to_decide(difference.deviation, minimum_effect, confidence))


def guard(difference: PairedDifference | None, margin: float) -> Guard:
    """A guard metric passes if the lower bound of candidate minus base is above `-margin`; no bound, no pass."""
    if difference is None:
        return Guard(None, None, margin, passed=False)
    low = difference.estimate.low
    return Guard(difference.estimate.mean, low, margin, passed=low is not None and low > -margin)

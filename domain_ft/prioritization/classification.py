"""What probabilities of failure are worth, row by (build, test) row: decisions, ranking of rows, calibration.

A threshold and a temperature are fitted on validation rows and only applied to others; plain arithmetic on arrays.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain_ft.prioritization.judged_runs import BoolArray, FloatArray, IntArray

RELIABILITY_BINS = 15
"""As in Guo et al."""
_COLDEST, _HOTTEST = 0.01, 100.0


@dataclass(frozen=True)
class Confusion:
    """Rows by what happened and what was said."""

    passed_said_pass: int
    passed_said_fail: int
    failed_said_pass: int
    failed_said_fail: int

    @classmethod
    def of(cls, failed: BoolArray, said_fail: BoolArray) -> "Confusion":
        cells = np.bincount(2 * failed.astype(np.int64) + said_fail, minlength=4)
        return cls(*(int(cell) for cell in cells))

    @property
    def rows(self) -> int:
        return self.passed_said_pass + self.passed_said_fail + self.failed_said_pass + self.failed_said_fail

    @property
    def accuracy(self) -> float | None:
        return _share(self.passed_said_pass + self.failed_said_fail, self.rows)

    @property
    def recall_of_passed(self) -> float | None:
        """None where nothing passed."""
        return _share(self.passed_said_pass, self.passed_said_pass + self.passed_said_fail)

    @property
    def recall_of_failed(self) -> float | None:
        """None where nothing failed."""
        return _share(self.failed_said_fail, self.failed_said_pass + self.failed_said_fail)

    @property
    def macro_f1(self) -> float | None:
        """The mean of both classes' F1 = 2 TP / (2 TP + FP + FN); a class that is neither there nor said has 0."""
        if not self.rows:
            return None
        wrong = self.passed_said_fail + self.failed_said_pass
        cells = (np.array([float(rows)]) for rows in (self.passed_said_pass, self.failed_said_fail, wrong))
        return float(_macro_f1(*cells)[0])


@dataclass(frozen=True)
class Classification:
    """How rows were told apart at a threshold, and how well their probabilities rank them."""

    threshold: float
    confusion: Confusion
    auprc: float | None
    """Average precision; None where nothing failed. Random order gives the share of failing rows."""

    @property
    def failing_share(self) -> float | None:
        return _share(self.confusion.failed_said_pass + self.confusion.failed_said_fail, self.confusion.rows)


@dataclass(frozen=True)
class Reliability:
    """Probabilities in bins of equal width from 0 to 1, beside the share that failed; NaN where a bin is empty."""

    edges: FloatArray
    """(bins + 1,)"""
    rows: IntArray
    probability: FloatArray
    """Mean said probability."""
    failed: FloatArray
    """Share that failed."""

    @property
    def expected_error(self) -> float | None:
        """ECE: mean over rows of |share failed - mean probability| of the row's bin (Naeini et al., AAAI 2015)."""
        if not self.rows.sum():
            return None
        return float(np.nansum(self.rows * np.abs(self.failed - self.probability)) / self.rows.sum())


def classify(failed: BoolArray, probability: FloatArray, threshold: float) -> Classification:
    """Rows (n,) are said to fail from `threshold` on."""
    return Classification(
        threshold, Confusion.of(failed, probability >= threshold), area_under_precision_recall(failed, probability)
    )


def area_under_precision_recall(failed: BoolArray, score: npt.NDArray[np.floating]) -> float | None:
    """Average precision, sum over distinct scores of (R_k - R_{k-1}) P_k, highest first; equal scores are one step.

    None where nothing failed.
    """
    if not failed.any():
        return None
    said, right = _cumulated(failed, score)[1:]
    return float((np.diff(right, prepend=0) / right[-1] * (right / said)).sum())


def best_threshold(failed: BoolArray, probability: FloatArray) -> float:
    """The threshold with the highest macro F1, halfway between two probabilities; 0.5 where there are no rows.

    Among equals the one nearest to 0.5. For validation rows only: on the rows that it is fitted on, it flatters.
    """
    if not len(failed):
        return 0.5
    values, said, right = _cumulated(failed, probability)
    said, right = np.r_[0.0, said], np.r_[0.0, right]
    passed = len(failed) - right[-1]
    wrong = (said - right) + (right[-1] - right)
    scores = _macro_f1(passed - (said - right), right, wrong)
    upper = np.r_[max(np.nextafter(values[0], np.inf), 1.0), values]
    lower = np.r_[values, min(values[-1], 0.0)]
    halfway = (upper + lower) / 2
    thresholds = np.where(halfway > lower, halfway, upper)
    best = np.flatnonzero(scores >= scores.max() - 1e-12)
    return float(thresholds[best[np.argmin(np.abs(thresholds[best] - 0.5))]])


def fit_temperature(failed: BoolArray, margin: FloatArray) -> float:
    """The T > 0 for which sigmoid(margin / T) has the least negative log likelihood on validation rows.

    Temperature scaling (Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks, ICML 2017), where
    `margin` (n,) is the difference of the two classes' logits. 1 where only one outcome is there to fit.
    """
    from scipy.optimize import minimize_scalar

    if failed.all() or not failed.any():
        return 1.0
    signed = np.where(failed, -margin, margin).astype(np.float64)
    found = minimize_scalar(
        lambda ln_t: float(np.logaddexp(0, signed / np.exp(ln_t)).mean()),
        bounds=(np.log(_COLDEST), np.log(_HOTTEST)),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(np.exp(found.x))


def reliability(failed: BoolArray, probability: FloatArray, bins: int = RELIABILITY_BINS) -> Reliability:
    """How often rows failed that were said to fail with about some probability (n,), in bins of equal width."""
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip((probability * bins).astype(np.int64), 0, bins - 1)
    rows = np.bincount(place, minlength=bins)
    said, happened = (
        np.divide(np.bincount(place, weights=values, minlength=bins), rows, out=np.full(bins, np.nan), where=rows > 0)
        for values in (probability, failed.astype(np.float64))
    )
    return Reliability(edges, rows, said, happened)


def _cumulated(
    failed: BoolArray, score: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.floating], IntArray, IntArray]:
    """Distinct scores, highest first; rows with at least that score; failing ones among these."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    last = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    return ranked[last], last.astype(np.int64) + 1, np.cumsum(failed[order], dtype=np.int64)[last]


def _macro_f1(passed_right: FloatArray, failed_right: FloatArray, wrong: FloatArray) -> FloatArray:
    passed_f1, failed_f1 = (2 * right / np.maximum(2 * right + wrong, 1.0) for right in (passed_right, failed_right))
    means: FloatArray = (passed_f1 + failed_f1) / 2
    return means


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None

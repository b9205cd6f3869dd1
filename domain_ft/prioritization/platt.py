"""Scores of any order as probabilities of failure, by a logistic curve that is fitted on validation rows.

Ranking trees and heuristics say which test first, not how likely it fails; budgets by confidence need the latter.
"""

from dataclasses import dataclass

import numpy as np

from domain_ft.prioritization.judged_runs import BoolArray, FloatArray


@dataclass(frozen=True)
class PlattScaling:
    """probability = 1 / (1 + exp(-(slope * score + shift))); it never turns an order round: slope >= 0."""

    slope: float
    shift: float

    @classmethod
    def fit(cls, failed: BoolArray, score: FloatArray) -> "PlattScaling":
        """The likeliest curve for rows (n,) with finite scores; ValueError where one is not.

        Platt, Probabilistic outputs for support vector machines, 1999: failed rows count as (m + 1) / (m + 2), passed
        ones as 1 / (n - m + 2), so that few rows claim no certainty. Where the score tells nothing, or the reverse,
        all rows get about the share that failed.
        """
        from scipy.optimize import minimize

        if not np.isfinite(score).all():
            raise ValueError("only finite scores can be fitted")
        failing = int(failed.sum())
        target = np.where(failed, (failing + 1) / (failing + 2), 1 / (len(failed) - failing + 2))
        centre = float(score.mean()) if len(score) else 0.0
        spread = float(score.std()) if len(score) else 0.0
        spread = spread if spread > 1e-12 * max(abs(centre), 1.0) else 1.0
        scaled = (score - centre) / spread

        def loss(curve: FloatArray) -> tuple[float, FloatArray]:
            margin = curve[0] * scaled + curve[1]
            wrong = 0.5 * (1 + np.tanh(margin / 2)) - target
            slopes = np.array([(wrong * scaled).mean(), wrong.mean()])
            return float((np.logaddexp(0, margin) - target * margin).mean()), slopes

        if not len(score):
            return cls(0.0, 0.0)
        rate = float(target.mean())
        start = np.array([0.0, np.log(rate / (1 - rate))])
        slope, shift = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None), (None, None)]).x
        return cls(float(slope / spread), float(shift - slope * centre / spread))

    def probability(self, score: FloatArray) -> FloatArray:
        """The probability that each test fails (n,)."""
        probabilities: FloatArray = 0.5 * (1 + np.tanh((self.slope * score + self.shift) / 2))
        return probabilities


def fault_probability(score: FloatArray, failed: BoolArray, fitted_on: BoolArray) -> FloatArray:
    """Per row (n) the probability that it fails, by the curve of the rows `fitted_on` (n).

    What has no finite score stands with the lowest.
    """
    finite = np.isfinite(score)
    known = np.where(finite, score, score[finite].min() if finite.any() else 0.0)
    return PlattScaling.fit(failed[fitted_on], known[fitted_on]).probability(known)

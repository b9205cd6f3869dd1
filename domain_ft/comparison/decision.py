"""GO, NO-GO or INCONCLUSIVE: whether a tuned model is worth its delivery. One rule, fixed before any figure is seen."""

from dataclasses import dataclass
from typing import Literal

from domain_ft.comparison.paired import Paired
from domain_ft.evaluation.evidence import fewest_clusters
from domain_ft.evaluation.statistics import n_to_decide

Outcome = Literal["GO", "NO-GO", "INCONCLUSIVE"]


@dataclass(frozen=True)
class Decision:
    """What is decided, why in a sentence, and how many concept families would decide where these do not."""

    outcome: Outcome
    why: str
    n_needed: int | None = None


def decide(difference: Paired | None, *, minimum_effect: float, confidence: float) -> Decision:
    """Decide by the difference of the tuned model to its base.

    GO: it is better beyond chance (interval and permutation test agree), by at least `minimum_effect` on average.
    NO-GO: by less than that, surely: its interval ends below. Else, or with fewer concept families than any test can
    decide on, INCONCLUSIVE.
    """
    fewest = fewest_clusters(confidence)
    if difference is None or difference.estimate.low is None or difference.estimate.high is None:
        return Decision("INCONCLUSIVE", "too few concepts were compared for an interval", fewest)
    mean, low, high = difference.estimate.mean, difference.estimate.low, difference.estimate.high
    known, interval = difference.estimate.clusters, difference.figure
    if known < fewest:
        return Decision("INCONCLUSIVE", f"the difference is {interval}, and so few families decide nothing", fewest)
    beyond_chance = low > 0 and difference.permutation_p is not None and difference.permutation_p <= 1 - confidence
    if beyond_chance and mean >= minimum_effect:
        return Decision("GO", f"the difference is {interval}: above 0, and at least {minimum_effect:g} on average")
    if high < minimum_effect:
        return Decision("NO-GO", f"the difference is {interval}: less than {minimum_effect:g}, which is not worth it")
    distance = mean if mean >= minimum_effect else minimum_effect - mean
    needed = n_to_decide(difference.deviation, distance, confidence)
    why = f"the difference is {interval}: it may be {minimum_effect:g} or more, and may be less"
    return Decision("INCONCLUSIVE", why, None if needed is None or needed <= known else needed)

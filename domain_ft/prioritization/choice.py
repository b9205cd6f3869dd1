"""Which order the daily ranking uses: the best on validation, unless its model has lost of late.

What is chosen on validation is reported on test; nothing is chosen there. The newest judged builds are looked at for
one question alone: whether the order that needs the model still keeps up with the one that does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from domain_ft.prioritization.timeline import FloatArray


@dataclass(frozen=True)
class Standing:
    """How an order stands against another on the newest builds."""

    order: str
    reference: str
    builds: int
    """Builds that the mean is over."""
    mean: float | None
    """Of the differences, above 0 where the order is better; None where no build can tell."""
    since: str | None
    """The start of the first build from which on the order has lost without a break; None where it does not lose."""

    @property
    def loses(self) -> bool:
        return self.since is not None


@dataclass(frozen=True)
class Choice:
    """The order that `rank` uses, and why."""

    order: str
    why: str
    best_on_validation: str
    validation: Mapping[str, float]
    """The mean of the primary metric on validation per order that may be used."""
    standing: Standing | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def standing(order: str, reference: str, differences: FloatArray, started: Sequence[str], last: int) -> Standing:
    """The standing over the newest `last` of some builds; `differences` (b, NaN where undefined) and `started` (b), in
    the order of time.

    An order loses where the mean over the newest `last` builds is below 0; since when says the first build from which
    on that running mean has been below 0.
    """
    defined = np.flatnonzero(~np.isnan(differences))
    values = differences[defined]
    if not len(values):
        return Standing(order, reference, 0, None, None)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    end = np.arange(1, len(values) + 1)
    begin = np.maximum(end - last, 0)
    means = (sums[end] - sums[begin]) / (end - begin)
    # Sums of floats that cancel leave crumbs: what is not visibly below 0 is no loss.
    below = means < -1e-12
    since = None
    if below[-1]:
        first = len(below) - int(np.argmin(below[::-1])) if not below.all() else 0
        since = started[int(defined[first])]
    return Standing(order, reference, min(last, len(values)), float(means[-1]), since)


def choose(
    validation: Mapping[str, float],
    metric: str,
    minimum_effect: float,
    with_model: frozenset[str],
    fallback: str,
    found: Mapping[str, Standing],
) -> Choice:
    """The first order, simpler ones standing first, that is on validation within `minimum_effect` of the best.

    `fallback` where it needs the model and has lost of late.
    """
    highest = max(validation, key=lambda order: validation[order])
    best = next(order for order in validation if validation[order] >= validation[highest] - minimum_effect)
    why = f"{best} has the best {metric} on validation ({validation[best]:.3f})"
    if best != highest:
        why = (
            f"{best} is on validation within {minimum_effect:g} of the best, {highest}, and simpler ({metric} "
            f"{validation[best]:.3f} and {validation[highest]:.3f})"
        )
    own = found.get(best)
    if best in with_model and own is not None and own.loses and own.mean is not None:
        why = (
            f"{why}, but on the newest {own.builds} builds it stands {abs(own.mean):.3f} below {fallback}, and has "
            f"since {own.since}: {fallback} is used"
        )
        return Choice(fallback, why, best, validation, own)
    return Choice(best, why, best, validation, own)

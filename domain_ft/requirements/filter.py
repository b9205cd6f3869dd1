"""The rows of a set that are good enough; what is not good enough is never taken without a word."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain_ft.amounts import counted

MARK = "below_threshold"
"""The key that says of a record that it was taken though it does not reach the threshold."""


@dataclass(frozen=True)
class Filtered:
    """Which rows are taken, by their place in the set, in its order; `below` are those of them under the threshold."""

    kept: tuple[int, ...]
    below: frozenset[int]
    why_not: str | None
    """Why nothing is taken: too few rows reach the threshold; None where the minimum is met."""


def filter_by_score(scores: Sequence[float], *, threshold: float, minimum: int, allow_below: int = 0) -> Filtered:
    """Take the rows that reach the threshold; nothing, and the reason, where they are fewer than `minimum`.

    With `allow_below` the best of the others fill up to the minimum, so many at most; of equal ones the earlier.
    """
    good = [place for place, score in enumerate(scores) if score >= threshold]
    lacking = max(minimum - len(good), 0)
    others = sorted((place for place, score in enumerate(scores) if score < threshold), key=lambda n: (-scores[n], n))
    filled = others[: min(lacking, allow_below)]
    if len(good) + len(filled) < minimum:
        return Filtered((), frozenset(), _sentence(scores, len(good), threshold, minimum, others, allow_below))
    return Filtered(tuple(sorted(good + filled)), frozenset(filled), None)


def _sentence(
    scores: Sequence[float], good: int, threshold: float, minimum: int, others: Sequence[int], allowed: int
) -> str:
    said = f"{good:,} of {counted(len(scores), 'rows')} reach {threshold:g}, and {minimum:,} are asked for"
    if len(scores) < minimum:
        return f"{said}; generate more rows, or ask for fewer (--minimum)"
    last = scores[others[minimum - good - 1]]
    below = f"; {allowed:,} below it are allowed" if allowed else ""
    return (
        f"{said}{below}; the best {minimum:,} go down to {last:.3f}: improve the rows, ask for fewer (--minimum), or "
        f"take the best below the threshold, marked as such (--allow-below {minimum - good})"
    )

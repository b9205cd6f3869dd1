"""Whether a split can decide anything at all: with too few clusters no model can win, and a person should hear so."""

from itertools import count

from domain_ft.amounts import counted
from domain_ft.evaluation.vocabulary import Vocabulary


def fewest_clusters(confidence: float) -> int:
    """With fewer clusters no difference decides: two of 2^k sign patterns give as much, so p is at least 2 / 2^k."""
    return next(known for known in count(2) if 2.0 ** (1 - known) <= 1 - confidence)


def few_clusters(known: int, split: str, confidence: float, words: Vocabulary) -> str | None:
    """A sentence with what to do if a split has fewer clusters than any verdict takes; None where it has enough."""
    fewest = fewest_clusters(confidence)
    if known >= fewest:
        return None
    interval = " and no interval can be drawn" if known == 1 else ""
    return (
        f"{counted(known, words.clusters)} in the {split} split{interval}; at least {fewest} are needed for a verdict: "
        f"land data of more {words.clusters}, or raise triplets.split.{split}"
    )

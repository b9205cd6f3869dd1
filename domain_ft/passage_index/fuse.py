"""Two orders as one, by weighted reciprocal rank fusion.

Cormack, Clarke and Büttcher, Reciprocal rank fusion outperforms Condorcet and individual rank learning methods, SIGIR
2009: score(d) = sum over the orders of w / (60 + rank(d)); with both weights 1 that is the plain one.
"""

from collections.abc import Sequence

from domain_ft.evaluation.fusion import K

PLAIN = 0.5
"""The vector's weight with which neither order counts more."""


def fuse(by_vector: Sequence[int], by_words: Sequence[int], vector_weight: float) -> list[tuple[int, float]]:
    """Rows of two orders, best first, as one order with scores; of equal scores the one that stands higher anywhere.

    What only an order without weight knows comes last, with 0.
    """
    scores: dict[int, float] = {}
    highest: dict[int, int] = {}
    for order, weight in ((by_vector, 2 * vector_weight), (by_words, 2 * (1 - vector_weight))):
        for rank, row in enumerate(order, 1):
            scores[row] = scores.get(row, 0.0) + weight / (K + rank)
            highest[row] = min(rank, highest.get(row, rank))
    return sorted(scores.items(), key=lambda scored: (-scored[1], highest[scored[0]], scored[0]))

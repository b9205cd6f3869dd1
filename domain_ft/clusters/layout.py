"""Where texts stand in a picture: near each other where their embeddings are."""

import numpy as np

from domain_ft.neighbours.near_pairs import IntArray
from domain_ft.store.vectors import FloatArray

MOST_DRAWN = 2000
_DIMENSIONS = 50
_FEWEST = 8
"""Fewer texts than these have no neighbourhoods that t-SNE could keep."""


def drawn_places(n: int, seed: int) -> IntArray:
    """Which of n texts are drawn: all, or a sample."""
    return np.sort(np.random.default_rng(seed).permutation(n)[:MOST_DRAWN])


def layout(vectors: FloatArray, seed: int) -> FloatArray:
    """Places (n, 2) within the unit square, by t-SNE (van der Maaten and Hinton, 2008), of few texts by their
    principal components."""
    n = len(vectors)
    if n >= _FEWEST:
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # threads add up in another order, and on a busy machine wait for each other
            fewer = PCA(min(_DIMENSIONS, *vectors.shape), random_state=seed).fit_transform(vectors)
            perplexity = min(30.0, (n - 1) / 3)
            points = TSNE(init="pca", perplexity=perplexity, random_state=seed).fit_transform(fewer)
    else:
        centred = vectors - vectors.mean(axis=0)
        left, size, _ = np.linalg.svd(centred, full_matrices=False)
        points = np.zeros((n, 2), dtype=np.float32)
        points[:, : min(2, left.shape[1])] = (left * size)[:, :2]
    return _within_square(points)


def _within_square(points: FloatArray) -> FloatArray:
    low, high = points.min(axis=0), points.max(axis=0)
    reach = np.where(high - low > 1e-9, high - low, 1.0)
    placed: FloatArray = np.where(high - low > 1e-9, (points - low) / reach, 0.5).astype(np.float32)
    return placed

"""Clusters as communities of the graph in which each text is linked to its nearest: as many as the graph has.

Embeddings of texts are no round heaps, so k-means and its many ways of choosing k read them badly; HDBSCAN leaves half
of them out. Modularity asks only who is linked to whom, and the number of communities follows from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx
import numpy as np
import numpy.typing as npt

from domain_ft.neighbours.near_pairs import IntArray
from domain_ft.neighbours.nearest import nearest
from domain_ft.progress import Progress, silent
from domain_ft.store.vectors import FloatArray

NEIGHBOURS = 15
NOWHERE = -1
FEWEST = 10
"""Fewer texts than these are not divided unless a number of clusters is asked for."""
SMALLEST = 5
"""Fewer texts than these that hold together are no cluster of their own."""
MOST_DIVIDED = 20_000
"""Of more texts a sample is divided, and each of the others stands where its nearest of those stand."""
MOST_CLUSTERS = 1000
"""More are not asked for: nobody reads them, and merging down to them takes hours."""
_BELONGS = 0.5
"""Share of a text's links that must lead into its cluster."""
_ONE_SIDED = 0.5
"""What a link counts where only one of the two has the other among its nearest."""
_RUNS = 5


@dataclass(frozen=True)
class Communities:
    """The cluster of each text, or `NOWHERE`; clusters are numbered from 0."""

    cluster: IntArray
    """(n)"""
    count: int


def find_communities(
    vectors: FloatArray, *, clusters: int | None = None, seed: int = 42, progress: Progress = silent
) -> Communities:
    """Communities of unit-length embeddings (n, d) of distinct texts: `clusters` of them (at most n, and at most
    `MOST_CLUSTERS`), or as many as have the highest modularity (Blondel et al., Fast unfolding of communities in large
    networks, 2008).

    A text of which less than half of the links lead into its own cluster belongs nowhere, and so do the texts of
    communities of fewer than five where their number was not asked for.
    """
    n = len(vectors)
    if n > MOST_DIVIDED:
        sample = np.sort(np.random.default_rng(seed).permutation(n)[:MOST_DIVIDED])
        divided = find_communities(vectors[sample], clusters=clusters, seed=seed, progress=progress)
        return _with_the_rest(vectors, sample, divided, progress)
    if clusters == 1 or (clusters is None and n < FEWEST) or n == 1:
        return Communities(np.zeros(n, dtype=np.int64), 1)
    graph = _graph(vectors, progress)
    cluster = _best_of(graph, 1.0, seed, progress)
    if clusters is not None:
        cluster = _exactly(graph, cluster, clusters, seed)
    return _settled(graph, cluster, smallest=SMALLEST if clusters is None else 1)


def _with_the_rest(vectors: FloatArray, sample: IntArray, divided: Communities, progress: Progress) -> Communities:
    """The sample's clusters, and for each other text the one to which it has at least half of its links."""
    cluster = np.full(len(vectors), NOWHERE, dtype=np.int64)
    cluster[sample] = divided.cluster
    rest = np.setdiff1d(np.arange(len(vectors)), sample)
    near = nearest(vectors[rest], vectors[sample], k=NEIGHBOURS, progress=progress, step="place the others")
    weights = np.maximum(near.cosines, 0).astype(np.float64)
    of_near = divided.cluster[near.places]
    led = np.stack([np.where(of_near == number, weights, 0).sum(axis=1) for number in range(divided.count)], axis=1)
    best = led.argmax(axis=1)
    belongs = led.max(axis=1) >= np.maximum(_BELONGS * weights.sum(axis=1), 1e-9)
    cluster[rest] = np.where(belongs, best, NOWHERE)
    return Communities(cluster, divided.count)


def _graph(vectors: FloatArray, progress: Progress) -> "nx.Graph[int]":
    """Texts linked to their nearest, by cosine; a link that is not mutual counts half."""
    near = nearest(vectors, k=NEIGHBOURS, progress=progress)
    named = [frozenset(row) for row in near.places.tolist()]
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(vectors)))
    for text, (places, cosines) in enumerate(zip(near.places.tolist(), near.cosines.tolist(), strict=True)):
        for other, cosine in zip(places, cosines, strict=True):
            weight = cosine if text in named[other] else cosine * _ONE_SIDED
            if cosine > 0:
                graph.add_edge(text, other, weight=weight)
    return graph


def _best_of(graph: "nx.Graph[int]", resolution: float, seed: int, progress: Progress = silent) -> IntArray:
    """Of several runs the partition of the highest modularity: one run may stop at a lesser one."""
    if graph.number_of_edges() == 0:
        return np.arange(len(graph))
    found = []
    for run in range(_RUNS):
        progress("cluster", run, _RUNS)
        parts = nx.community.louvain_communities(graph, resolution=resolution, seed=seed + run)
        found.append((nx.community.modularity(graph, parts, resolution=resolution), -run, parts))
    progress("cluster", _RUNS, _RUNS)
    return _numbered(len(graph), max(found)[2])


def _exactly(graph: "nx.Graph[int]", cluster: IntArray, wanted: int, seed: int) -> IntArray:
    """As many clusters as wanted: a finer partition where there are too few, then those merged that lose least."""
    resolution = 1.0
    while cluster.max() + 1 < wanted:
        resolution *= 2
        finer = nx.community.louvain_communities(graph, resolution=resolution, seed=seed)
        cluster = _numbered(len(graph), finer)
    while cluster.max() + 1 > wanted:
        one, other = _least_loss(graph, cluster)
        cluster = np.where(cluster == other, one, cluster)
        cluster[cluster > other] -= 1
    return cluster


def _least_loss(graph: "nx.Graph[int]", cluster: IntArray) -> tuple[int, int]:
    """The two clusters whose merging changes modularity for the best (or the least bad)."""
    count = int(cluster.max()) + 1
    between = np.zeros((count, count))
    for one, other, weight in graph.edges(data="weight"):
        between[cluster[one], cluster[other]] += weight
    between += between.T
    degree = between.sum(axis=1)
    gain = between - np.outer(degree, degree) / max(degree.sum(), 1e-12)
    gain[np.tril_indices(count)] = -np.inf
    one, other = np.unravel_index(np.argmax(gain), gain.shape)
    return int(one), int(other)


def _settled(graph: "nx.Graph[int]", cluster: IntArray, smallest: int) -> Communities:
    """The partition without the texts that belong nowhere, the largest cluster first."""
    belongs = _shares(graph, cluster) >= _BELONGS
    for number in np.unique(cluster):
        if smallest == 1 and not belongs[cluster == number].any():
            belongs[cluster == number] = True
    kept = np.where(belongs, cluster, NOWHERE)
    sizes = {int(number): int((kept == number).sum()) for number in np.unique(kept[belongs])}
    large = [number for number, size in sizes.items() if size >= smallest]
    order = sorted(large, key=lambda number: (-sizes[number], int(np.flatnonzero(kept == number)[0])))
    settled = np.full(len(cluster), NOWHERE, dtype=np.int64)
    for place, number in enumerate(order):
        settled[kept == number] = place
    return Communities(settled, len(order))


def _shares(graph: "nx.Graph[int]", cluster: IntArray) -> npt.NDArray[np.float64]:
    """For each text the share of its links, by weight, that lead into its own cluster; 0 for one without links."""

    def shares() -> Iterator[float]:
        for text in range(len(cluster)):
            links = [(cluster[other] == cluster[text], edge["weight"]) for other, edge in graph[text].items()]
            total = sum(weight for _, weight in links)
            yield sum(weight for own, weight in links if own) / total if total else 0.0

    return np.fromiter(shares(), dtype=np.float64, count=len(cluster))


def _numbered(n: int, parts: "list[set[int]]") -> IntArray:
    cluster = np.empty(n, dtype=np.int64)
    for number, part in enumerate(sorted(parts, key=min)):
        cluster[list(part)] = number
    return cluster

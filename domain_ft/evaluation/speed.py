"""How long a query takes and how fast a corpus is encoded, with the model as it is used: no cache, nothing else on its
device.

These are figures of a machine at a moment. They stand in a benchmark like its date: no digest depends on them.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain_ft.store.vectors import NO_PREFIXES, Encode, FloatArray, Prefixes

WARM_UP = 10
SHOWN = 10
"""Passages that a query's search gives back."""
ENCODED = 256
"""Passages whose encoding is timed, at most."""


@dataclass(frozen=True)
class Uncached:
    """An encoder that computes every text anew, and the device that it has to itself, in words."""

    encode: Encode
    device: str


OpenUncached = Callable[[], AbstractContextManager[Uncached]]


@dataclass(frozen=True)
class Speed:
    """A single query, from text to the first passages; and passages per second in full batches."""

    device: str
    runs: int
    corpus: int
    median_ms: float
    p95_ms: float
    texts: int
    texts_per_second: float


def measure_speed(
    uncached: Uncached,
    queries: Sequence[str],
    passages: Sequence[str],
    items: FloatArray,
    runs: int,
    prefixes: Prefixes = NO_PREFIXES,
    clock: Callable[[], float] = time.perf_counter,
) -> Speed:
    """Time `runs` queries one by one after a warm-up: encode, one matrix product with all `items`, the best ten.

    The queries take turns; the passages are evenly spread over those given.
    """
    asked = [prefixes.query + queries[number % len(queries)] for number in range(WARM_UP + runs)]
    seconds = []
    for text in asked:
        start = clock()
        _best(uncached.encode([text])[0], items)
        seconds.append(clock() - start)
    median, p95 = np.percentile(np.array(seconds[WARM_UP:]) * 1000, [50, 95])
    some = [passages[row] for row in np.linspace(0, len(passages) - 1, min(ENCODED, len(passages))).astype(int)]
    start = clock()
    uncached.encode([prefixes.passage + text for text in some])
    rate = len(some) / max(clock() - start, 1e-9)
    return Speed(uncached.device, runs, len(items), float(median), float(p95), len(some), rate)


def _best(query: FloatArray, items: FloatArray) -> npt.NDArray[np.intp]:
    """The rows nearest to a query, best first."""
    cosines = items @ query
    first = np.argpartition(-cosines, min(SHOWN, len(cosines)) - 1)[:SHOWN]
    return first[np.argsort(-cosines[first])]

"""Filling a folder with an index: the table, its words, and its vectors in partitions, of which as many are looked at
as it takes to find what an exact search finds.

Whole vectors in partitions: on 100,000 passages they are made in seconds and all looked at in 12 ms; a graph takes
minutes to make and shortened vectors miss the recall that is asked for (`benchmarks/passage_index.py`).
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from domain_ft.passage_index.exact import exact_nearest
from domain_ft.passage_index.passage_table import PLAIN_SCAN, Hits, Nearest, PassageTable, as_entries
from domain_ft.passage_index.settings import IndexSettings
from domain_ft.progress import Progress, silent
from domain_ft.store.vectors import Encode, FloatArray

SLICE = 2048
"""Passages encoded at once: what is encoded so far is on disk, so that a build that was stopped goes on."""
RECALL_AT = 10
PARTITION = 1500
"""Passages in a partition, more or less."""
FEWEST_DIVIDED = 2 * PARTITION
"""Fewer vectors are read from the disk as quickly."""
_SHARES = (1 / 4, 1 / 2, 3 / 4, 1.0)
"""Of the partitions that are looked at, until enough is found."""
_SAME = 1e-5
"""Cosines that differ by less are equal: which of two such passages comes first is rounding."""


@dataclass(frozen=True)
class Built:
    """What a table has come to."""

    nearest: Nearest
    dimension: int
    recall: float
    """The share of the ten truly nearest that is found, mean over the queries that were tried."""
    tried: tuple[Mapping[str, Any], ...]
    """How widely it was searched, and the recall of that."""
    seconds: Mapping[str, float]

    @property
    def notes(self) -> tuple[str, ...]:
        """That fewer partitions did not find enough, where that is so."""
        if not self.nearest.exact or len(self.tried) < 2:
            return ()
        missed = self.tried[-2]
        looked_at = f"{missed['probes']} of {missed['partitions']} partitions"
        found = f"{missed['recall_at_10']:.3f} of what is nearest, less than index.minimum_recall"
        return (f"{looked_at} find {found}: a search looks at all of them",)

    def as_entries(self) -> dict[str, Any]:
        """As a manifest has it."""
        return {
            "nearest": as_entries(self.nearest),
            "dimension": self.dimension,
            "recall_at_10": self.recall,
            "tried": [dict(each) for each in self.tried],
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
        }


@dataclass
class Clock:
    """Seconds that parts of the work took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        """What happens within counts for a part."""
        start = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - start


def encoded(texts: Sequence[str], encode: Encode, clock: Clock, progress: Progress = silent) -> Iterator[FloatArray]:
    """Vectors of texts (n) in blocks (b, d), each encoded when it is asked for."""
    for start in range(0, len(texts), SLICE):
        progress("encode passages", start, len(texts))
        with clock.of("encode"):
            block = encode(texts[start : start + SLICE])
        yield block
    progress("encode passages", len(texts), len(texts))


def build_table(
    folder: Path,
    passages: pl.DataFrame,
    encode: Encode,
    queries: FloatArray,
    settings: IndexSettings,
    progress: Progress = silent,
) -> Built:
    """Write passages (at least one) into a table in a folder; recall is measured on the vectors of `queries` (n, d)."""
    clock, table = Clock(), PassageTable(folder)
    blocks = encoded(passages["text"].to_list(), encode, clock, progress)
    first = next(blocks)
    encoding = clock.seconds["encode"]
    with clock.of("write"):
        table.write(passages, chain([first], blocks))
    clock.seconds["write"] -= clock.seconds["encode"] - encoding
    progress("index words", 0)
    with clock.of("index_words"):
        table.index_words(settings)
    if len(passages) < FEWEST_DIVIDED:
        return Built(PLAIN_SCAN, first.shape[1], 1.0, (), clock.seconds)
    progress("index vectors", 0)
    partitions = round(len(passages) / PARTITION)
    with clock.of("index_vectors"):
        table.index_vectors(partitions)
    progress("measure recall", 0, len(queries))
    with clock.of("measure_recall"):
        again = encoded(passages["text"].to_list(), encode, Clock())
        true = exact_nearest(queries, again, RECALL_AT)
        tried = recalls(table, queries, true, _wider(partitions, len(passages), settings), settings.minimum_recall)
    nearest, recall = tried[-1]
    entries = tuple({**as_entries(each), "recall_at_10": found} for each, found in tried)
    return Built(nearest, first.shape[1], recall, entries, clock.seconds)


def recalls(
    table: PassageTable, queries: FloatArray, true: Sequence[Hits], wider: Iterable[Nearest], minimum: float
) -> list[tuple[Nearest, float]]:
    """Each way to search with the share of the truly nearest that it finds, up to the first that finds enough."""
    tried = []
    for nearest in wider:
        shares = [
            _found(table.nearest(query, RECALL_AT, nearest), own) for query, own in zip(queries, true, strict=True)
        ]
        tried.append((nearest, sum(shares) / len(shares)))
        if tried[-1][1] >= minimum:
            break
    return tried


def _found(hits: Hits, true: Hits) -> float:
    """The share of the truly nearest that was found, or others as near."""
    return sum(score >= true.scores[-1] - _SAME for score in hits.scores) / len(true.scores)


def _wider(partitions: int, passages: int, settings: IndexSettings) -> list[Nearest]:
    """Ways to search, the quickest first, the last one exact."""
    shares = (1.0,) if passages <= settings.exact_up_to else _SHARES
    return [Nearest(partitions, max(1, round(share * partitions))) for share in shares]

"""Passages with their vectors in a LanceDB table: how it is written, and how it answers.

LanceDB is an embedded store: a folder of files, read by any process and any of its clients. It is known here alone;
what goes wrong within it comes out as a sentence of ours.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from domain_ft.errors import DomainFtError
from domain_ft.passage_index.settings import IndexSettings
from domain_ft.safe_text import brief
from domain_ft.store.vectors import FloatArray
from domain_ft.words import words

if TYPE_CHECKING:
    from lancedb.table import Table

NAME = "passages"
SHOWN = ("passage_id", "text", "part", "source")


@dataclass(frozen=True)
class Nearest:
    """How the nearest vectors are found: those of the `probes` partitions whose centres are closest are looked at.

    0 partitions: all vectors are, read from the disk.
    """

    partitions: int = 0
    probes: int = 0

    @property
    def exact(self) -> bool:
        """Whether every vector is looked at."""
        return self.probes >= self.partitions


PLAIN_SCAN = Nearest()


@dataclass(frozen=True)
class Hits:
    """Rows of the table, best first, with their scores."""

    rows: tuple[int, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class PassageTable:
    """The table in a folder."""

    folder: Path
    mend: str = "make the index again"
    """What to do where it cannot be read."""

    def write(self, passages: pl.DataFrame, blocks: Iterable[FloatArray]) -> None:
        """Passages (n), and their vectors in blocks of the same order (n, d); a vector that is no number is refused."""
        import lancedb
        import pyarrow as pa  # type: ignore[import-untyped]

        ready = iter(_batches(passages, blocks))
        first = next(ready)
        reader = pa.RecordBatchReader.from_batches(first.schema, _chained(first, ready))
        with self._told():
            lancedb.connect(self.folder).create_table(NAME, reader)

    def index_words(self, settings: IndexSettings) -> None:
        """Make it searchable by words, and by part."""
        from lancedb.index import FTS, Bitmap

        with self._told():
            self._table.create_index(
                "words",
                config=FTS(
                    base_tokenizer="whitespace",
                    language=settings.language,
                    stem=settings.stem,
                    remove_stop_words=settings.stop_words,
                ),
            )
            self._table.create_index("part", config=Bitmap())

    def index_vectors(self, partitions: int) -> None:
        """Divide the vectors, each whole, among partitions: a search holds them in memory, and may pass some over."""
        from lancedb.index import IvfFlat

        with self._told():
            self._table.create_index("vector", config=IvfFlat(distance_type="cosine", num_partitions=partitions))

    def nearest(self, vector: FloatArray, count: int, nearest: Nearest = PLAIN_SCAN, part: str | None = None) -> Hits:
        """The passages whose vectors are closest to one (d), with their cosines."""
        with self._told():
            query: Any = self._table.search(vector, vector_column_name="vector")
            query = query.distance_type("cosine")
            query = query.nprobes(nearest.probes) if nearest.partitions else query.bypass_vector_index()
            found = _of_part(query, part).limit(count).select(["row", "_distance"]).to_arrow()
        return _hits(found["row"].to_numpy(), 1 - found["_distance"].to_numpy())

    def matching(self, text: str, count: int, part: str | None = None) -> Hits:
        """The passages with words of a text, by BM25; none where it holds no word that counts."""
        from lancedb.query import MatchQuery

        asked = " ".join(words(text))
        if not asked:
            return Hits((), ())
        with self._told():
            query: Any = self._table.search(MatchQuery(asked, "words"), query_type="fts")  # type: ignore[call-arg]
            found = _of_part(query, part).limit(min(count, self.size)).select(["row", "_score"]).to_arrow()
        return _hits(found["row"].to_numpy(), found["_score"].to_numpy())

    def passages(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        """What there is to show of some rows, in their order."""
        return list(self._taken(rows, SHOWN))

    def vectors(self, rows: Sequence[int]) -> FloatArray:
        """The vectors (n, d) of some rows."""
        return np.array([each["vector"] for each in self._taken(rows, ("vector",))], dtype=np.float32)

    def row_of(self, passage_id: str) -> int | None:
        """Where a passage stands; None where there is none of that name."""
        with self._told():
            query = self._table.search().where(f"passage_id = {_quoted(passage_id)}").select(["row"])
            found = query.limit(1).to_arrow()["row"]
        return int(found[0].as_py()) if len(found) else None

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The parts that passages belong to, sorted."""
        with self._told():
            column = self._table.search().select(["part"]).limit(self.size).to_arrow()["part"]
        return tuple(sorted(part for part in column.unique().to_pylist() if part is not None))

    @cached_property
    def size(self) -> int:
        """How many passages there are."""
        with self._told():
            return int(self._table.count_rows())

    @cached_property
    def _table(self) -> "Table":
        import lancedb

        with self._told():
            return lancedb.connect(self.folder).open_table(NAME)

    def _taken(self, rows: Sequence[int], columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        if not rows:
            return
        with self._told():
            taken = self._table.take_offsets(list(rows)).select(["row", *columns]).to_arrow().to_pylist()
        by_row = {each.pop("row"): each for each in taken}
        yield from (by_row[row] for row in rows)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the store raises, as one sentence."""
        try:
            yield
        except DomainFtError:
            raise
        except (RuntimeError, OSError, ValueError, KeyError) as error:
            said = brief(str(error).strip().split("\n")[0], 200)
            raise DomainFtError(f"{self.folder}: the table of passages does not answer ({said}); {self.mend}") from None


def _batches(passages: pl.DataFrame, blocks: Iterable[FloatArray]) -> Iterator[Any]:
    import pyarrow as pa

    start = 0
    for block in blocks:
        if not np.isfinite(block).all():
            raise DomainFtError("the model gives embeddings that are not finite numbers; train it again with fp32")
        rows = passages.slice(start, len(block))
        texts = rows["text"].to_list()
        columns = {
            "row": pa.array(np.arange(start, start + len(block), dtype=np.int64)),
            **{name: pa.array(rows[name].to_list(), pa.string()) for name in SHOWN},
            "words": pa.array([" ".join(words(text)) for text in texts], pa.string()),
            "vector": pa.FixedSizeListArray.from_arrays(pa.array(block.ravel(), pa.float32()), block.shape[1]),
        }
        yield pa.record_batch(list(columns.values()), names=list(columns))
        start += len(block)


def _chained(first: Any, others: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from others


def _of_part(query: Any, part: str | None) -> Any:
    return query if part is None else query.where(f"part = {_quoted(part)}")


def _quoted(text: str) -> str:
    """A text within a filter."""
    return "'" + text.replace("'", "''") + "'"


def _hits(rows: Any, scores: Any) -> Hits:
    """The best first; equal scores in the order of rows."""
    order = np.lexsort((rows, -scores))
    return Hits(tuple(rows[order].tolist()), tuple(scores[order].astype(float).tolist()))


def as_entries(nearest: Nearest) -> Mapping[str, Any]:
    """As a manifest has it."""
    return {"partitions": nearest.partitions, "probes": nearest.probes}

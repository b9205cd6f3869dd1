"""An index as it is asked: by words, by meaning, or by both together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from domain_ft.amounts import counted
from domain_ft.errors import DomainFtError, InputError
from domain_ft.passage_index.fuse import fuse
from domain_ft.passage_index.passage_table import Hits, Nearest, PassageTable
from domain_ft.passage_index.query import Asked, readable
from domain_ft.passage_index.settings import IndexSettings
from domain_ft.safe_text import brief
from domain_ft.store.publish import read_manifest, verify_folder
from domain_ft.store.vectors import FloatArray
from domain_ft.words import normalized

EncodeQuery = Callable[[str], FloatArray]
"""A text to its unit-length embedding (d)."""


@dataclass(frozen=True)
class Found:
    """A passage that was found, with what speaks for it."""

    rank: int
    passage_id: str
    text: str
    part: str | None
    source: str | None
    score: float
    """That of the mode: the fused one, the cosine, or BM25's."""
    cosine: float | None
    """None where only words were looked for."""
    bm25: float | None
    """None where no word of the query stands in it."""
    vector_rank: int | None
    words_rank: int | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Answer:
    """The passages found for a query; `vector` is the query's own, where one was needed."""

    query: str
    results: tuple[Found, ...]
    notes: tuple[str, ...] = ()
    vector: FloatArray | None = None


@dataclass(frozen=True)
class PassageIndex:
    """A published index, open; it stays open for one query after the other."""

    folder: Path
    manifest: Mapping[str, Any]
    table: PassageTable
    nearest: Nearest
    settings: IndexSettings
    vector_weight: float

    def search(self, asked: Asked, encode_query: EncodeQuery) -> Answer:
        """The best passages for a query, at most `k`; InputError for an empty query or a part that is not there.

        The query is encoded only where its meaning is looked for.
        """
        text, notes = readable(asked.text, self.settings.longest_query)
        self._require_part(asked.part)
        vector = encode_query(text) if asked.mode != "words" else None
        depth = max(asked.k, self.settings.depth) if asked.mode == "hybrid" else asked.k
        by_vector = self._nearest(vector, depth, asked.part) if vector is not None else Hits((), ())
        by_words = self.table.matching(text, depth, asked.part) if asked.mode != "vector" else Hits((), ())
        if asked.mode != "vector" and not by_words.rows:
            notes = (*notes, "no passage holds a word of the query that counts")
        return Answer(text, self._shown(asked, by_vector, by_words, vector), notes, vector)

    def similar_to(self, row: int, k: int, part: str | None = None) -> Answer:
        """The passages nearest to one of them; see `like`."""
        return self.like(self.table.passages([row])[0]["text"], self.table.vectors([row])[0], k, part, itself=row)

    def like(
        self, text: str, vector: FloatArray, k: int, part: str | None = None, *, itself: int | None = None
    ) -> Answer:
        """The passages nearest to a text with this embedding (d), at most `k` that say something else.

        Passages that say the same (equal but for case and white space) are left out, or they alone might fill the
        answer; a note names them. `itself` is the row of the text where it is a passage, and is not named.
        """
        self._require_part(part)
        same, count = normalized(text), k + 1
        while True:
            hits = self._nearest(vector, count, part)
            told = self.table.passages(hits.rows)
            copies = [row for row, each in zip(hits.rows, told, strict=True) if normalized(each["text"]) == same]
            complete = count >= self.table.size or (len(hits.rows) < count and self._looks_at_all(count, part))
            if complete or len(hits.rows) - len(copies) >= k:
                break
            count *= 4
        left = {*copies, itself}
        others = [hit for hit in zip(hits.rows, hits.scores, strict=True) if hit[0] not in left][:k]
        kept = Hits(tuple(row for row, _ in others), tuple(score for _, score in others))
        names = [each["passage_id"] for row, each in zip(hits.rows, told, strict=True) if row in left and row != itself]
        shown = self._shown(Asked(text, k, "vector", part), kept, Hits((), ()), vector)
        return Answer(text, shown, _same_note(names), vector)

    def _nearest(self, vector: FloatArray, count: int, part: str | None) -> Hits:
        """What the recall was not measured for, looks at every vector: a part, or more than the hybrid asks for."""
        nearest = Nearest(self.nearest.partitions, self.nearest.partitions)
        nearest = nearest if self._looks_at_all(count, part) else self.nearest
        return self.table.nearest(vector, min(count, self.table.size), nearest, part)

    def _looks_at_all(self, count: int, part: str | None) -> bool:
        return part is not None or count > self.settings.depth or self.nearest.exact

    def _shown(self, asked: Asked, by_vector: Hits, by_words: Hits, vector: FloatArray | None) -> tuple[Found, ...]:
        if asked.mode == "hybrid":
            scored = fuse(by_vector.rows, by_words.rows, self.vector_weight)[: asked.k]
        else:
            hits = by_vector if asked.mode == "vector" else by_words
            scored = list(zip(hits.rows, hits.scores, strict=True))[: asked.k]
        rows = [row for row, _ in scored]
        cosines, bm25 = _places(by_vector), _places(by_words)
        far = [row for row in rows if row not in cosines]
        if vector is not None and far:
            told = self.table.vectors(far) @ vector
            cosines |= {row: (None, float(cosine)) for row, cosine in zip(far, told, strict=True)}
        unknown = (None, None)
        return tuple(
            Found(
                rank=rank,
                **shown,
                score=score,
                cosine=cosines.get(row, unknown)[1],
                bm25=bm25.get(row, unknown)[1],
                vector_rank=cosines.get(row, unknown)[0],
                words_rank=bm25.get(row, unknown)[0],
            )
            for rank, ((row, score), shown) in enumerate(zip(scored, self.table.passages(rows), strict=True), 1)
        )

    def _require_part(self, part: str | None) -> None:
        if part is not None and part not in self.table.parts:
            parts = self.table.parts
            there = (
                f"there {'is only' if len(parts) == 1 else 'are'} {_listed(parts)}" if parts else "there are no parts"
            )
            raise InputError(f"part {brief(part)!r}: no passage belongs to it; {there}")


def open_folder(folder: Path, mend: str) -> PassageIndex:
    """The index that is published in a folder; DomainFtError, with what to do, where it was altered since."""
    try:
        verify_folder(folder)
    except DomainFtError as error:
        raise DomainFtError(f"{error}: {mend}") from None
    manifest = read_manifest(folder)
    return PassageIndex(
        folder,
        manifest,
        PassageTable(folder, mend),
        Nearest(**manifest["nearest"]),
        IndexSettings.model_validate(manifest["settings"]),
        manifest["vector_weight"],
    )


def _places(hits: Hits) -> dict[int, tuple[int | None, float | None]]:
    """Row -> its rank and score."""
    return {row: (rank, score) for rank, (row, score) in enumerate(zip(hits.rows, hits.scores, strict=True), 1)}


def _same_note(names: Sequence[str]) -> tuple[str, ...]:
    """Which passages say the same as what was asked about."""
    if not names:
        return ()
    said = f"{counted(len(names), 'passages')} {'says' if len(names) == 1 else 'say'} the same"
    return (f"{said}, and {'is' if len(names) == 1 else 'are'} left out: {_listed(names)}",)


def _listed(parts: Sequence[str]) -> str:
    shown = ", ".join(brief(part, 60) for part in parts[:20])
    return shown if len(parts) <= 20 else f"{shown} and {len(parts) - 20} more"

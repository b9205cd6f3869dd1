"""What came of generating pairs, in numbers that add up."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain_ft.store.digests import sha256_json, short


@dataclass(frozen=True)
class Failed:
    """A document that could not be read, or a passage of which no answer could be used, and why; or what is noted."""

    file: str
    why: str
    line: int | None = None
    page: int | None = None

    def as_json(self) -> dict[str, Any]:
        """By name, without what there is not."""
        place = {"line": self.line, "page": self.page}
        return {"file": self.file, **{key: at for key, at in place.items() if at is not None}, "why": self.why}


@dataclass
class Tally:
    """Counts as they grow; documents failed are those in `failures` that name no passage."""

    files: int = 0
    read: int = 0
    failed: int = 0
    skipped: int = 0
    passages: int = 0
    repeated: int = 0
    """Passages that a document holds once more under the same heading: a model is asked about one of them."""
    too_short: int = 0
    words_left_out: int = 0
    """Words that stand in no passage."""
    asked: int = 0
    kept: int = 0
    pairs: int = 0
    rows: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    query_words: int = 0
    overlap: float = 0.0
    failures: list[Failed] = field(default_factory=list)
    notes: list[Failed] = field(default_factory=list)
    """What is to be known of documents, though nothing failed: copies, those without a row, those with older rows."""
    paths: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class GeneratedPairs:
    """What came of documents.

    files = read + failed + skipped; by a model, passages = asked + kept (from earlier) + repeated, and those without a
    usable answer are `unanswered` by kind; pairs = rows + refused.
    """

    by: str
    model: str | None
    folder: Path
    query_column: str
    tally: Tally

    @property
    def digest(self) -> str:
        """Equal where the same files have landed."""
        return short(sha256_json(sorted(path.name for path in self.tally.paths)))

    @property
    def mean_overlap(self) -> float | None:
        """The mean share of a query's words that its passage holds; None without rows."""
        return round(self.tally.overlap / self.tally.rows, 3) if self.tally.rows else None

    @property
    def mean_query_words(self) -> float | None:
        """None without rows."""
        return round(self.tally.query_words / self.tally.rows, 1) if self.tally.rows else None

    @property
    def sums(self) -> Mapping[str, tuple[int, int]]:
        """What must be equal: a whole, and the sum of its parts."""
        tally = self.tally
        asked = tally.asked + tally.kept + tally.repeated if self.by == "ollama" else tally.passages
        return {
            "files": (tally.files, tally.read + tally.failed + tally.skipped),
            "passages": (tally.passages, asked),
            "pairs": (tally.pairs, tally.rows + sum(tally.refused.values())),
        }

    def as_json(self) -> dict[str, Any]:
        """What `--json` prints."""
        tally = self.tally
        return {
            "by": self.by,
            "model": self.model,
            "folder": str(self.folder),
            "files": tally.files,
            "read": tally.read,
            "failed": tally.failed,
            "skipped": tally.skipped,
            "passages": tally.passages,
            "passages_repeated": tally.repeated,
            "sections_too_short": tally.too_short,
            "words_left_out": tally.words_left_out,
            "asked": tally.asked,
            "kept": tally.kept,
            "unanswered": dict(sorted(tally.unanswered.items())),
            "pairs": tally.pairs,
            "refused": dict(sorted(tally.refused.items())),
            "rows": tally.rows,
            "rules": dict(sorted(tally.rules.items())),
            "query_words": self.mean_query_words,
            "overlap": self.mean_overlap,
            "paths": [str(path) for path in tally.paths],
            "failures": [failure.as_json() for failure in tally.failures],
            "notes": [note.as_json() for note in tally.notes],
        }

"""The texts of a domain: the passages that can be found in it, and the queries that are asked of it.

Of pairs a passage is what answers a query; of a history it is the text of a test, and what is asked is the text of a
change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from domain_ft.domain import EmbeddingDomain
from domain_ft.landing.settings import PairSource
from domain_ft.newest import newest_raw
from domain_ft.store.home import Home
from domain_ft.store.tables import ids_of_texts, map_distinct
from domain_ft.words import normalized

PASSAGES = pl.Schema({"passage_id": pl.String(), "text": pl.String(), "part": pl.String(), "source": pl.String()})
"""Of pairs one row per distinct passage: part (its sub-domain) and source (its document) may be null, and are the first
by name where it stands in several. Of a history one row per test: passage_id is its id, part its scope."""


@dataclass(frozen=True)
class DomainTexts:
    """What one folder of raw tables says."""

    raw: Path
    """The folder; its name is the digest of its content."""
    passages: pl.DataFrame
    """See `PASSAGES`; by passage_id."""
    queries: tuple[str, ...]
    """Distinct, sorted."""


def domain_texts(domain: EmbeddingDomain, home: Home, raw: Path | None = None) -> DomainTexts:
    """The texts of a domain's tables (None: the newest); InputError where nothing has landed."""
    folder = raw or newest_raw(domain, home)
    of_kind = _texts_of_pairs if isinstance(domain.source, PairSource) else _texts_of_history
    passages, queries = of_kind(folder)
    return DomainTexts(folder, passages, tuple(sorted(_told(queries))))


def _texts_of_pairs(raw: Path) -> tuple[pl.DataFrame, Sequence[str | None]]:
    from domain_ft.pairs.tables import read_pairs

    pairs = read_pairs(raw)
    sides = [pairs.select(text=side, part="sub_domain", source="group") for side in ("passage", "context")]
    return _distinct(pl.concat(sides)), pairs["query"].to_list()


def _texts_of_history(raw: Path) -> tuple[pl.DataFrame, Sequence[str | None]]:
    from domain_ft.history.tables import read_history

    history = read_history(raw)
    tests = _with_text(history.tests).select(
        passage_id="test_id", text="text", part="scope", source=pl.lit(None, pl.String)
    )
    return tests.sort("passage_id"), history.builds["change_text"].to_list()


def _distinct(rows: pl.DataFrame) -> pl.DataFrame:
    """A row per text; texts that differ in case and white space alone are one."""
    told = _with_text(rows)
    keyed = told.with_columns(key=map_distinct(told["text"], normalized, pl.String))
    ordered = keyed.sort("key", "part", "source", "text", nulls_last=True)
    distinct = ordered.unique("key", keep="first", maintain_order=True)
    named = distinct.with_columns(passage_id=ids_of_texts(distinct, ("text",), "passage_id"))
    return named.select(PASSAGES.names()).sort("passage_id")


def _with_text(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("text").fill_null("").str.strip_chars() != "")


def _told(texts: Sequence[str | None]) -> set[str]:
    return {text for text in texts if text and text.strip()}

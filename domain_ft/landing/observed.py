"""Gathers accepted rows, batch by batch, into observations; the texts, which repeat in every row, are kept once.

Without this a file would have to fit into memory as it lies on the disk. Now and then what was gathered is made
distinct again, so that memory follows the distinct texts and the narrow runs, not the size of the file.
"""

import polars as pl

from domain_ft.history.observations import OBSERVED_CHANGES, OBSERVED_RUNS, OBSERVED_TEXTS, Observations
from domain_ft.landing.limits import check_memory
from domain_ft.landing.values import is_change_id, parse_items, parse_paths

_RAW_CHANGE = ["build_id", "scope", "change", "component", "change_id"]
_TEXT = ["test_id", "scope", "text"]


class ObservationLog:
    """What the sources of one ingest said so far."""

    def __init__(self) -> None:
        self._runs: list[pl.DataFrame] = []
        self._changes = _Distinct(_RAW_CHANGE)
        self._texts = _Distinct(_TEXT, newest="started")

    def add(self, accepted: pl.DataFrame, source: int) -> None:
        """Take the accepted rows of a batch (see `Checked`) of the source with this number."""
        numbered = accepted.with_columns(pl.lit(source, dtype=pl.UInt32).alias("source"))
        self._runs.append(numbered.select(list(OBSERVED_RUNS)))
        self._changes.add(accepted)
        self._texts.add(accepted)
        check_memory(self._changes.size() + self._texts.size())

    def observations(self) -> Observations:
        """All that was added."""
        runs = pl.concat([OBSERVED_RUNS.to_frame(), *self._runs])
        raw = self._changes.frame()
        texts = self._texts.frame()
        return Observations(
            runs,
            OBSERVED_CHANGES.to_frame() if raw is None else read_changes(raw),
            OBSERVED_TEXTS.to_frame() if texts is None else texts.select(list(OBSERVED_TEXTS)),
        )


class _Distinct:
    """Rows that differ in `keys`, made distinct again whenever they have doubled."""

    def __init__(self, keys: list[str], newest: str | None = None) -> None:
        self._keys, self._newest = keys, newest
        self._parts: list[pl.DataFrame] = []
        self._limit = 200_000

    def add(self, rows: pl.DataFrame) -> None:
        self._parts.append(self._distinct(rows))
        if sum(part.height for part in self._parts) > self._limit:
            self._parts = [self._distinct(pl.concat(self._parts))]
            self._limit = max(self._limit, 2 * self._parts[0].height)

    def size(self) -> int:
        return sum(int(part.estimated_size()) for part in self._parts)

    def frame(self) -> pl.DataFrame | None:
        return self._distinct(pl.concat(self._parts)) if self._parts else None

    def _distinct(self, rows: pl.DataFrame) -> pl.DataFrame:
        if self._newest is None:
            return rows.select(self._keys).unique()
        return rows.group_by(self._keys).agg(pl.col(self._newest).max())


def read_changes(raw: pl.DataFrame) -> pl.DataFrame:
    """The cells about a build's change as text, ids and paths (schema `OBSERVED_CHANGES`), one row per raw row.

    Items of the change that are a hash or a repository's uuid are ids; the others, joined by line ends, are the text.
    """
    items = {text: parse_items(text) for text in raw["change"].unique().to_list()}
    texts = {text: "\n".join(item for item in said if not is_change_id(item)) for text, said in items.items()}
    ids = {text: [item for item in said if is_change_id(item)] for text, said in items.items()}
    named = {text: parse_items(text) for text in raw["change_id"].unique().to_list()}
    paths = {text: parse_paths(text) for text in raw["component"].unique().to_list()}
    return pl.DataFrame(
        {
            "build_id": raw["build_id"],
            "scope": raw["scope"],
            "change_ids": [
                sorted({*ids[change], *named[name]})
                for change, name in zip(raw["change"], raw["change_id"], strict=True)
            ],
            "change_text": [texts[change] for change in raw["change"]],
            "change_paths": [paths[component] for component in raw["component"]],
        },
        schema=OBSERVED_CHANGES,
    )

"""A published dataset as something to be judged on: its retrieval task, and what of it a model has seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from domain_ft.evaluation.pairs_task import pairs_task
from domain_ft.evaluation.task import RetrievalTask, history_task
from domain_ft.history.relevance import label_runs
from domain_ft.history.tables import History, read_history
from domain_ft.pairs.tables import read_pairs
from domain_ft.store.publish import read_manifest
from domain_ft.store.tables import map_distinct, read_table
from domain_ft.words import normalized

MADE_FROM = "made_from"
"""Key of a dataset's manifest: `history` or `pairs`."""


Mark = tuple[str, str]
"""A kind of mark and its value: a text in the form in which texts count as the same, or a group."""


class HeldOut(Protocol):
    """What a dataset holds out."""

    def task(self, split: str, exclude: frozenset[str] = frozenset()) -> RetrievalTask:
        """The retrieval task of a split without the units in `exclude`."""
        ...

    def units(self, *splits: str) -> frozenset[str]:
        """The units of some splits."""
        ...

    def related(self, split: str) -> pl.DataFrame:
        """The distinct pairs of texts (columns anchor, positive) that a split's data relates, in a triplet or not."""
        ...

    def unaffected(self, split: str) -> pl.DataFrame | None:
        """The distinct pairs of texts that a split's data knows not to belong together.

        None where nothing says so, and whatever is not related may be taken for it.
        """
        ...

    def marks(self) -> Mapping[str, frozenset[Mark]]:
        """Unit -> by what it is known: a model that has seen another unit with one of its marks knows it, too.

        A unit without any is absent.
        """
        ...


def open_dataset(raw: Path, dataset: Path) -> HeldOut:
    """The dataset in a folder, made from the tables in `raw`."""
    manifest = read_manifest(dataset)
    of_kind = HeldOutPairs if made_from(manifest) == "pairs" else HeldOutBuilds
    return of_kind(raw, dataset, manifest)


def made_from(manifest: Mapping[str, Any]) -> str:
    """What a dataset was made from: `history` or `pairs`."""
    return str(manifest.get(MADE_FROM, "history"))


def placed_units(dataset: Path) -> pl.DataFrame:
    """Each unit of a dataset with its split: columns unit_id, split."""
    pairs = dataset / "pairs.parquet"
    path, name = (pairs, "pair_id") if pairs.exists() else (dataset / "builds.parquet", "build_id")
    return read_table(path, [name, "split"]).select(unit_id=name, split="split")


@dataclass(frozen=True)
class HeldOutBuilds:
    """The builds of a history."""

    raw: Path
    dataset: Path
    manifest: Mapping[str, Any]

    def task(self, split: str, exclude: frozenset[str] = frozenset()) -> RetrievalTask:
        relevance = self.manifest["settings"]["relevance"]
        return history_task(self._history, self._builds, split, relevance, exclude=exclude)

    def units(self, *splits: str) -> frozenset[str]:
        return frozenset(self._builds.filter(pl.col("split").is_in(splits))["build_id"])

    def related(self, split: str) -> pl.DataFrame:
        return self._said(split, "relevant")

    def unaffected(self, split: str) -> pl.DataFrame:
        return self._said(split, "unaffected")

    def _said(self, split: str, label: str) -> pl.DataFrame:
        """The distinct pairs of a test's text and a change text whose runs bear a label."""
        labels = self._labels.filter(label)
        builds = self._builds.filter(pl.col("split") == split).join(self._history.builds, on="build_id")
        pairs = labels.join(builds.select("build_id", positive="change_text"), on="build_id")
        return pairs.join(self._history.tests.select("test_id", anchor="text"), on="test_id").unique(
            ["anchor", "positive"]
        )

    def marks(self) -> Mapping[str, frozenset[Mark]]:
        rows = self._history.builds.select("build_id", "change_text").iter_rows()
        return {build: frozenset({("change", text)}) for build, said in rows if (text := normalized(said or ""))}

    @cached_property
    def _history(self) -> History:
        return read_history(self.raw)

    @cached_property
    def _labels(self) -> pl.DataFrame:
        return label_runs(self._history, self.manifest["settings"]["relevance"])

    @cached_property
    def _builds(self) -> pl.DataFrame:
        return read_table(self.dataset / "builds.parquet", ["build_id", "split"])


@dataclass(frozen=True)
class HeldOutPairs:
    """The pairs of a table."""

    raw: Path
    dataset: Path
    manifest: Mapping[str, Any]

    def task(self, split: str, exclude: frozenset[str] = frozenset()) -> RetrievalTask:
        targets = self.manifest["settings"]["targets"]
        return pairs_task(self._landed, self._placed, split, targets, exclude=exclude)

    def units(self, *splits: str) -> frozenset[str]:
        return frozenset(self._placed.filter(pl.col("split").is_in(splits))["pair_id"])

    def related(self, split: str) -> pl.DataFrame:
        asked = _queries(self._placed.filter(pl.col("split") == split))
        known = self._landed.filter(_queries(self._landed).is_in(asked.unique().to_list()))
        pairs = pl.concat(known.select(anchor="query", positive=name) for name in ("passage", "context"))
        return pairs.drop_nulls().unique()

    def unaffected(self, split: str) -> None:
        return None

    def marks(self) -> Mapping[str, frozenset[Mark]]:
        """Query and passages of every pair that landed, in the dataset or not, and the group of those in it.

        A group that moved from one split to another, as it grew, is known to who has seen any of it.
        """
        group = dict(self._placed.select("pair_id", "unit").iter_rows())
        rows = self._landed.select("pair_id", "query", "passage", "context").iter_rows()
        return {
            pair: frozenset({
                ("query", normalized(query)),
                *(("passage", normalized(text)) for text in (passage, context) if text),
                *([("group", group[pair])] if pair in group else []),
            })
            for pair, query, passage, context in rows
        }  # fmt: skip

    @cached_property
    def _landed(self) -> pl.DataFrame:
        """All pairs: what is known of a query does not end with the sample that the dataset was made of."""
        return read_pairs(self.raw)

    @cached_property
    def _placed(self) -> pl.DataFrame:
        return read_table(self.dataset / "pairs.parquet")


def _queries(pairs: pl.DataFrame) -> pl.Series:
    """The query of each pair in the form in which texts count as the same."""
    return map_distinct(pairs["query"], normalized, pl.String)

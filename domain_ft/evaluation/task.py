"""The retrieval task: rank the tests that a build's change affects, among all tests known by then.

It is built once and shared by every arm, in training's validation and in the benchmark alike, so that no two models
are ever judged on different queries, corpora or labels. It knows texts and index arrays only: no model, no disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from domain_ft.errors import DomainFtError
from domain_ft.evaluation.metric_names import HISTORY_METRICS
from domain_ft.history.relevance import label_runs
from domain_ft.history.settings import Relevance
from domain_ft.history.tables import History
from domain_ft.store.digests import sha256_json
from domain_ft.words import distinctive_words, normalized, words

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

NO_DISTINCTIVE_WORD = "no_distinctive_word"
_SLICE_OF_LABEL = {"break": "breaks", "fix": "fixes", "repeat": "repeats", "first": "first_failures"}


@dataclass(frozen=True)
class Pairs:
    """Pairs (query, item) as two index arrays of one length, sorted by query, then item."""

    query: IntArray
    item: IntArray

    def __len__(self) -> int:
        return len(self.query)


@dataclass(frozen=True)
class RetrievalTask:
    """Queries, items, each query's corpus, and what is relevant in it.

    Items are ordered by scope and by when they were first seen, so that the corpus of a query is one run of them:
    the items `first[q]` up to, not including, `stop[q]`. A query without a relevant item is not ranked; it is here
    because its unaffected items are the other side of the similarity gap.
    """

    query_ids: tuple[str, ...]
    query_texts: tuple[str, ...]
    clusters: IntArray
    """Per query the number of its unit of resampling: the build, or all builds of one and the same change text."""
    item_ids: tuple[str, ...]
    item_texts: tuple[str, ...]
    first: IntArray
    stop: IntArray
    relevant: Pairs
    unaffected: Pairs
    slices: Mapping[str, BoolArray]
    """Per slice a mask over the relevant pairs: those that count there."""
    counts: Mapping[str, int]
    """What became of the split's builds: `builds` = `ranked` + `not_ranked` + the reasons for leaving one out."""
    metrics: tuple[str, ...] = HISTORY_METRICS
    """The rank metrics that say something about this kind of task."""

    def candidates(self, query: int) -> IntArray:
        """The items that a query's ranking orders."""
        return self._items[self.first[query] : self.stop[query]]

    def relevant_items(self, query: int) -> IntArray:
        """The items that are relevant to a query, ascending."""
        low, high = np.searchsorted(self.relevant.query, [query, query + 1])
        return self.relevant.item[low:high]

    @cached_property
    def _items(self) -> IntArray:
        return np.arange(len(self.item_ids))

    @cached_property
    def ranked(self) -> IntArray:
        """The queries that have a relevant item, ascending: the n of every retrieval metric."""
        return np.unique(self.relevant.query)

    @cached_property
    def digest(self) -> str:
        """The sha256 of all that a figure depends on: texts, corpora, labels and slices."""
        return sha256_json({
            "queries": [self.query_ids, self.query_texts, self.clusters.tolist()],
            "items": [self.item_ids, self.item_texts, self.first.tolist(), self.stop.tolist()],
            "relevant": [self.relevant.query.tolist(), self.relevant.item.tolist()],
            "unaffected": [self.unaffected.query.tolist(), self.unaffected.item.tolist()],
            "slices": {name: np.flatnonzero(mask).tolist() for name, mask in self.slices.items()},
        })  # fmt: skip


def history_task(
    history: History,
    build_splits: pl.DataFrame,
    split: str,
    relevance: Relevance,
    *,
    exclude: frozenset[str] = frozenset(),
) -> RetrievalTask:
    """The retrieval task of one split of a history: query = a build's change text, items = the tests of its scope.

    `build_splits` has `build_id` and `split` (see `domain_ft.splits.by_time`); builds in `exclude`, builds without a
    change text and builds whose corpus offers nothing to rank (one test, or every test relevant) are left out and
    counted. A test belongs to a build's corpus if it was seen, with whatever verdict, before the build or in it.
    """
    builds = history.builds.sort("started_at", "build_id").with_row_index("order").cast({"order": pl.Int64})
    chosen = builds.join(build_splits.filter(pl.col("split") == split).select("build_id"), on="build_id", how="semi")
    kept = chosen.filter(~pl.col("build_id").is_in(list(exclude)))
    telling = kept.filter(pl.col("change_text").str.strip_chars() != "")
    items = _items_by_scope_and_age(history, builds)
    labels = _useful_labels(history, relevance, _with_corpus(telling, items), items)
    queries = labels.select("build_id", "change_text", "first", "stop", "query").unique("query").sort("query")
    relevant = _pairs(labels.filter("relevant"))
    texts = (tuple(queries["change_text"]), tuple(items["text"]))
    ranked = len(np.unique(relevant.query))
    return RetrievalTask(
        query_ids=tuple(queries["build_id"]),
        query_texts=texts[0],
        clusters=_clusters(texts[0]),
        item_ids=tuple(items["test_id"]),
        item_texts=texts[1],
        first=queries["first"].to_numpy(),
        stop=queries["stop"].to_numpy(),
        relevant=relevant,
        unaffected=_pairs(labels.filter("unaffected")),
        slices={
            **_slices_by_label(labels.filter("relevant")["slice"]),
            NO_DISTINCTIVE_WORD: _no_distinctive_word(relevant, *texts),
        },
        counts={
            "builds": chosen.height,
            "ranked": ranked,
            "not_ranked": queries.height - ranked,
            "excluded": chosen.height - kept.height,
            "without_change_text": kept.height - telling.height,
            "nothing_to_compare": telling.height - queries.height,
        },
    )


def require_ranked(task: RetrievalTask, split: str) -> None:
    """Refuse a task on which nothing can be measured, with the counts that say why."""
    if len(task.ranked) == 0:
        counts = ", ".join(f"{name} {count}" for name, count in task.counts.items())
        raise DomainFtError(
            f"the {split} split has nothing that can be ranked ({counts}); add data, widen triplets.split.{split}, or "
            "(of a history) choose another triplets.relevance"
        )


def _items_by_scope_and_age(history: History, builds: pl.DataFrame) -> pl.DataFrame:
    seen = history.runs.join(builds.select("build_id", "order"), on="build_id").group_by("test_id")
    ages = seen.agg(pl.col("order").min().alias("seen"))
    items = history.tests.join(ages, on="test_id").sort("scope", "seen", "test_id")
    return items.with_row_index("item").cast({"item": pl.Int64})


def _with_corpus(builds: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Builds, numbered, each with the run of items that is its corpus; a build of a scope without tests is dropped."""
    start = items.group_by("scope").agg(pl.col("item").min().alias("first"))
    newest = items.select("scope", "seen", (pl.col("item") + 1).alias("stop")).sort("seen", maintain_order=True)
    known = builds.sort("order").join_asof(
        newest, left_on="order", right_on="seen", by="scope", strategy="backward", check_sortedness=False
    )
    known = known.drop_nulls("stop").join(start, on="scope").sort("order")
    return known.with_row_index("query").cast({"query": pl.Int64})


def _useful_labels(history: History, relevance: Relevance, queries: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """The relevant and the unaffected runs of the queries, sorted; those of queries with nothing to rank left out."""
    labels = label_runs(history, relevance).filter(pl.col("relevant") | pl.col("unaffected"))
    labels = labels.join(queries.select("build_id", "change_text", "query", "first", "stop"), on="build_id")
    labels = labels.join(items.select("test_id", "item"), on="test_id")
    labels = labels.filter(pl.col("item").is_between("first", "stop", closed="left"))
    size = pl.col("stop") - pl.col("first")
    labels = labels.filter(pl.col("relevant").sum().over("query") < size)
    return labels.with_columns(pl.col("query").rank("dense").cast(pl.Int64) - 1).sort("query", "item")


def _clusters(texts: tuple[str, ...]) -> IntArray:
    """Builds of equal change texts (a nightly rebuild, a commit picked twice) are one piece of evidence."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(normalized(text), len(number)) for text in texts], dtype=np.int64)


def _pairs(labels: pl.DataFrame) -> Pairs:
    return Pairs(labels["query"].to_numpy(), labels["item"].to_numpy())


def _slices_by_label(labels: pl.Series) -> dict[str, BoolArray]:
    masks = {name: (labels == label).to_numpy() for label, name in _SLICE_OF_LABEL.items()}
    return {name: mask for name, mask in masks.items() if mask.any()}


def _no_distinctive_word(pairs: Pairs, query_texts: tuple[str, ...], item_texts: tuple[str, ...]) -> BoolArray:
    """Which relevant pairs share no distinctive word: none of the test's rare words stands in the change text.

    Rare: in at most 1 % of the tests' texts (see `distinctive_words`). A test without any rare word is in the slice.
    """
    rare = distinctive_words(item_texts)
    said = [frozenset(words(text)) for text in query_texts]
    disjoint = (said[query].isdisjoint(rare[item]) for query, item in zip(pairs.query, pairs.item, strict=True))
    return np.fromiter(disjoint, dtype=bool, count=len(pairs))

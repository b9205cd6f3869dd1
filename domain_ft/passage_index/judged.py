"""Queries whose answers are known, asked of an index as a person would ask them: the task of a benchmark, with each
of its items found among the indexed passages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from domain_ft.evaluation.metrics import PerQuery, rank_metrics
from domain_ft.evaluation.ranking import Ranking
from domain_ft.evaluation.task import IntArray, RetrievalTask
from domain_ft.passage_index.exact import ANY, exact_nearest
from domain_ft.passage_index.fuse import PLAIN, fuse
from domain_ft.store.vectors import FloatArray
from domain_ft.words import normalized

METRICS = ("mrr_at_10", "recall_at_10", "ndcg_at_10")
CHOSEN_BY = "ndcg_at_10"
_TOP = 10
_WEIGHTS = tuple(number / 10 for number in range(11))
Order = Sequence[int]
"""Rows of passages, best first."""


@dataclass(frozen=True)
class JudgedQueries:
    """Queries with what is relevant to each, as rows of the indexed passages."""

    texts: tuple[str, ...]
    parts: tuple[str | None, ...]
    """The part that each looks in (of a history: its build's scope); None: all."""
    relevant: tuple[frozenset[int], ...]
    allowed: tuple[frozenset[int] | None, ...]
    """What could be found when it was asked (of a history: the tests known by then); None: everything."""
    clusters: IntArray
    """Per query the unit of resampling."""

    def __len__(self) -> int:
        return len(self.texts)

    def part_numbers(self, passage_parts: pl.Series) -> tuple[IntArray, IntArray]:
        """The parts of the queries and of the passages as numbers, as `exact_nearest` takes them."""
        number = {part: place for place, part in enumerate(passage_parts.unique().drop_nulls().sort())}
        of_queries = [ANY if part is None else number.get(part, len(number)) for part in self.parts]
        of_passages = [len(number) + 1 if part is None else number[part] for part in passage_parts]
        return np.array(of_queries, dtype=np.int64), np.array(of_passages, dtype=np.int64)

    def only_allowed(self, orders: Sequence[Order]) -> list[Order]:
        """Orders without what could not be found."""
        pairs = zip(orders, self.allowed, strict=True)
        return [order if may is None else [row for row in order if row in may] for order, may in pairs]


@dataclass(frozen=True)
class Orders:
    """What an index finds for each query, by meaning and by words."""

    by_vector: Sequence[Order]
    by_words: Sequence[Order]

    def hybrid(self, vector_weight: float) -> list[Order]:
        """Both together."""
        pairs = zip(self.by_vector, self.by_words, strict=True)
        return [[row for row, _ in fuse(vector, words, vector_weight)] for vector, words in pairs]


def judged_queries(task: RetrievalTask, passages: pl.DataFrame, *, of_history: bool) -> JudgedQueries:
    """The queries of a task that have an answer among the passages.

    Of pairs one query may be asked of several columns: here it looks for the answers of all of them. Of a history each
    build is a query, in its scope, among the tests known by then.
    """
    rows = _rows_of_items(task, passages, of_history)
    parts = passages["part"].to_list()
    found: dict[str, _Judged] = {}
    for query in task.ranked.tolist():
        relevant = {row for item in task.relevant_items(query).tolist() if (row := rows[item]) is not None}
        if not relevant:
            continue
        text, cluster = task.query_texts[query], int(task.clusters[query])
        if of_history:
            known = frozenset(row for item in task.candidates(query).tolist() if (row := rows[item]) is not None)
            found[task.query_ids[query]] = _Judged(text, parts[min(relevant)], cluster, known, relevant)
        else:
            found.setdefault(normalized(text), _Judged(text, None, cluster)).relevant.update(relevant)
    each = found.values()
    return JudgedQueries(
        tuple(one.text for one in each),
        tuple(one.part for one in each),
        tuple(frozenset(one.relevant) for one in each),
        tuple(one.allowed for one in each),
        np.array([one.cluster for one in each], dtype=np.int64),
    )


@dataclass
class _Judged:
    """One of them, while its answers are gathered."""

    text: str
    part: str | None
    cluster: int
    allowed: frozenset[int] | None = None
    relevant: set[int] = field(default_factory=set)


def find_orders(
    judged: JudgedQueries,
    passage_parts: pl.Series,
    query_vectors: FloatArray,
    blocks: Iterable[FloatArray],
    by_words: Sequence[Order],
    depth: int,
) -> Orders:
    """What exact search by a model's vectors finds, beside what the words find."""
    of_queries, of_passages = judged.part_numbers(passage_parts)
    nearest = exact_nearest(query_vectors, blocks, depth, of_queries, of_passages)
    by_vector = [hits.rows for hits in nearest]
    return Orders(judged.only_allowed(by_vector), judged.only_allowed(by_words))


def words_orders(judged: JudgedQueries, matching: Callable[[str, str | None], Order]) -> list[Order]:
    """What the words of each query find in its part."""
    return [matching(text, part) for text, part in zip(judged.texts, judged.parts, strict=True)]


def metrics_of(judged: JudgedQueries, orders: Sequence[Order], corpus: int) -> dict[str, PerQuery]:
    """Per query each of `METRICS`; what is not among the first ten is not found."""
    queries, ranks = [], []
    for query, (order, relevant) in enumerate(zip(orders, judged.relevant, strict=True)):
        place = {row: rank for rank, row in enumerate(order[:_TOP], 1)}
        queries += [query] * len(relevant)
        ranks += [place.get(row, _TOP + 1) for row in sorted(relevant)]
    ranking = Ranking(
        np.array(queries, dtype=np.int64), np.array(ranks, dtype=np.int64), np.full(len(judged), max(corpus, 1))
    )
    return rank_metrics(ranking, METRICS)


@dataclass(frozen=True)
class Weighed:
    """What each weight of the vector finds: mean nDCG@10, and per query that of the best weight and of plain fusion."""

    best: float
    means: Mapping[str, float]
    of_best: PerQuery
    of_plain: PerQuery


def weigh(judged: JudgedQueries, orders: Orders, corpus: int) -> Weighed:
    """Try the weights; of equally good ones the best is that nearest to plain fusion."""
    found = {weight: metrics_of(judged, orders.hybrid(weight), corpus)[CHOSEN_BY] for weight in _WEIGHTS}
    means = {weight: float(np.nanmean(values)) for weight, values in found.items()}
    best = max(means, key=lambda weight: (round(means[weight], 9), -abs(weight - PLAIN)))
    return Weighed(best, {f"{weight:g}": mean for weight, mean in means.items()}, found[best], found[PLAIN])


def overlap(one: Sequence[Order], other: Sequence[Order]) -> float:
    """The share of the first ten that two searches have in common, mean over queries (of the longer list's length)."""
    shares = []
    for ours, theirs in zip(one, other, strict=True):
        first, second = set(ours[:_TOP]), set(theirs[:_TOP])
        longest = max(len(first), len(second))
        shares.append(len(first & second) / longest if longest else 1.0)
    return float(np.mean(shares)) if shares else 1.0


def _rows_of_items(task: RetrievalTask, passages: pl.DataFrame, of_history: bool) -> list[int | None]:
    """The row of each item of a task; None for one that is not indexed."""
    if of_history:
        rows = {name: row for row, name in enumerate(passages["passage_id"])}
        return [rows.get(item) for item in task.item_ids]
    rows = {normalized(text): row for row, text in enumerate(passages["text"])}
    return [rows.get(normalized(text)) for text in task.item_texts]

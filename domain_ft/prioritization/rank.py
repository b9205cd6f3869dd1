"""The daily ranking: every test of a scope in the order in which it should run for a change that has not run yet.

A `Ranker` holds what a history gives (timeline, words, embeddings of tests), so that a process that stays answers a
change in milliseconds; what it needs of a model is one embedding, that of the change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, cast

import numpy as np

from domain_ft.prioritization.features import FeatureTable, Rows, semantic_features, structural_features
from domain_ft.prioritization.learned.lambdarank import Lambdarank
from domain_ft.prioritization.must_run import must_run
from domain_ft.prioritization.orders import (
    DEFAULT_WEIGHTS,
    HYBRID,
    NEEDS_MODEL,
    SIMPLE,
    TUNED_COSINE,
    Part,
    hybrid_ranks,
    simple_scores,
    ties_broken,
)
from domain_ft.prioritization.reasons import Reasons
from domain_ft.prioritization.settings import PrioritizationSettings
from domain_ft.prioritization.timeline import FloatArray, IntArray, Timeline, with_build_to_come
from domain_ft.prioritization.word_counts import WordCounts, count_words
from domain_ft.store.vectors import Embedder
from domain_ft.store.vectors import FloatArray as FloatArray32


@dataclass(frozen=True)
class Change:
    """What is to be tested: its text, and the paths that it touches."""

    text: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """The order to rank by: its name, and the weights of a hybrid."""

    name: str = HYBRID
    weights: Mapping[Part, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    trees: Lambdarank | None = None
    """Of an order that was learned."""


@dataclass(frozen=True)
class RankedTest:
    """A test in its place."""

    test: str
    text: str
    rank: int
    score: float
    expected_s: float | None
    """Mean duration of its known runs; None where none is known."""
    reason: str
    must_run: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Ranker:
    """A history, ready to rank its tests for one change after the other."""

    timeline: Timeline
    settings: PrioritizationSettings
    order: Order
    model: Embedder | None = None
    without_model: Order = field(default_factory=lambda: Order())
    """What is ranked by where the order needs an embedding and there is nothing to embed, or no model."""
    _computed: dict[int, FloatArray32] = field(default_factory=dict, repr=False)
    """Embeddings of the history's tests by their places."""

    @cached_property
    def words(self) -> WordCounts:
        return count_words(self.timeline)

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return {test: place for place, test in enumerate(self.timeline.test_ids)}

    def tests_of(self, scope: str) -> tuple[str, ...]:
        """The ids of a scope's tests, in the order of the history's table."""
        own = self.timeline.scopes.index(scope)
        return tuple(self.timeline.test_ids[place] for place in np.flatnonzero(self.timeline.test_scope == own))

    def order_for(self, change: Change) -> Order:
        """The order that a change is ranked by."""
        lacking = self.model is None or not change.text.strip()
        return self.without_model if lacking and self.order.name in NEEDS_MODEL else self.order

    def rank(self, change: Change, scope: str, tests: Sequence[str], at: int) -> tuple[RankedTest, ...]:
        """The tests, each once, in the order in which to run them; `at`: now, microseconds since 1970.

        A test that the history does not know is ranked by its name alone. Must-run tests come first.
        """
        wanted = list(dict.fromkeys(tests))
        unknown = {test: test for test in wanted if test not in self._place}
        timeline = with_build_to_come(self.timeline, scope, change.text, change.paths, at, unknown)
        words = self.words.with_rows([change.text], [change.paths], list(unknown.values()))
        place = {**self._place, **{test: len(self._place) + n for n, test in enumerate(unknown)}}
        asked = np.array([place[test] for test in wanted], dtype=np.int64)
        rows = Rows(np.full(len(asked), len(timeline.build_ids) - 1, dtype=np.int64), asked)
        found = structural_features(timeline, rows, self.settings.features, words)
        used = self.order_for(change)
        semantic = self._semantic(change, timeline, rows) if used.name in NEEDS_MODEL else None
        cosine = None if semantic is None else semantic["cosine"]
        score = _scores(used, rows, found, semantic, self.without_model)
        forced = must_run(self.settings.must_run, wanted, [timeline.test_texts[place] for place in asked], found)
        # Of equal scores the order asked for stands.
        order = np.lexsort((np.arange(len(asked)), -score, ~forced))
        reasons = Reasons(timeline, words, rows, found, cosine, self.settings.features)
        seconds = found["mean_duration_s"]
        return tuple(
            RankedTest(
                wanted[row],
                timeline.test_texts[int(asked[row])],
                rank,
                float(score[row]),
                None if np.isnan(seconds[row]) else float(seconds[row]),
                reasons.of(row),
                bool(forced[row]),
            )
            for rank, row in enumerate(order.tolist(), 1)
        )

    def _semantic(self, change: Change, timeline: Timeline, rows: Rows) -> FeatureTable:
        """The features by the model's embeddings."""
        model = cast(Embedder, self.model)
        tests, own = self._vectors(timeline, rows.test), model.encode_query(change.text)
        if self.order.trees is None:  # then the cosine is all that counts, and no other change is asked about
            return FeatureTable(("cosine",), (tests[rows.test] @ own)[:, None])
        changes = np.vstack([model.encode_queries(timeline.change_texts[:-1]), own])
        return semantic_features(timeline, rows, changes, tests, self.settings.features)

    def _vectors(self, timeline: Timeline, asked: IntArray) -> FloatArray32:
        """Embeddings (tests, d) of at least the tests asked about; those of the history are asked for once."""
        model, known = cast(Embedder, self.model), len(self.timeline.test_ids)
        lacking = [place for place in asked.tolist() if place < known and place not in self._computed]
        if lacking:
            vectors = model.encode_passages([timeline.test_texts[place] for place in lacking])
            self._computed.update(zip(lacking, vectors, strict=True))
        unknown = [place for place in asked.tolist() if place >= known]
        new = model.encode_passages([timeline.test_texts[place] for place in unknown]) if unknown else ()
        every = {**self._computed, **dict(zip(unknown, new, strict=True))}
        found = np.zeros((len(timeline.test_ids), len(next(iter(every.values())))), dtype=np.float32)
        found[list(every)] = list(every.values())
        return found


def _scores(order: Order, rows: Rows, found: FeatureTable, semantic: FeatureTable | None, hybrid: Order) -> FloatArray:
    """The score (n) of rows by an order; `semantic` for one that needs it, `hybrid` for what trees hold equal."""
    if order.name == TUNED_COSINE and semantic is not None:
        return semantic["cosine"].astype(np.float64)
    if order.name in SIMPLE:
        return simple_scores(found, order.name)
    if order.trees is not None:
        table = found if semantic is None else found.beside(semantic)
        score = order.trees.scores(table.only(order.trees.names).values)
        return ties_broken(rows.build, score, _scores(hybrid, rows, found, None, hybrid))
    ranks = hybrid_ranks(rows.build, found, None if semantic is None else semantic["cosine"])
    weights = order.weights or DEFAULT_WEIGHTS
    return ranks.fused({part: weight for part, weight in weights.items() if part in ranks.parts})

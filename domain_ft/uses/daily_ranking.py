"""The daily ranking, from what lies on disk: the newest history, the order that the experiment chose, the model in
use; loaded once, for one change after the other."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import InputError
from domain_ft.landing.settings import SourceSettings
from domain_ft.landing.values import BETWEEN_BUILDS
from domain_ft.mining.settings import TripletSettings
from domain_ft.newest import newest_raw
from domain_ft.prioritization.rank import Order, Ranker
from domain_ft.prioritization.ranking import Asked, Ranking
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, pointed
from domain_ft.store.vectors import Embedder
from domain_ft.uses.named_model import NO_MODEL, foreign_choice, named_as_it_was, own_model
from domain_ft.uses.named_tests import NamedTests, named_tests
from domain_ft.uses.planned_tests import Plan
from domain_ft.uses.used_model import exported_model, foreign_model, published_model


@dataclass(frozen=True)
class DailyRanking:
    """A domain's history and model, loaded once, for one ranking after the other."""

    domain: EmbeddingDomain
    home: Home

    def rank(self, asked: Asked) -> Ranking:
        """Rank; InputError and DomainFtError say why that cannot be."""
        named = named_tests(asked.tests or (), self._known)
        scope = self._scope(asked, named.ids)
        tests = named.ids if asked.tests is not None else self.ranker.tests_of(scope)
        if not tests:
            where = "the list names none" if asked.tests is not None else f"the history knows none of {scope}"
            raise InputError(f"no tests to rank: {where}")
        results = self.ranker.rank(asked.change, scope, tests, self._now)
        used = self.ranker.order_for(asked.change)
        durations = not np.isnan(self.ranker.timeline.runs.duration).all()
        chosen, told = Plan(self._experiment, used.name, self.domain.name, durations).chosen(asked, results)
        known = any(test.expected_s is not None for test in results)
        notes = [*asked.notes, *self._notes(asked), *self._about(asked, named), *told]
        return Ranking(
            named.as_typed(results),
            used.name,
            self.why if used is self.order else f"{self.order.name} needs a text and a model: {used.name} in its place",
            chosen.places,
            chosen.seconds if known else None,
            notes=tuple(notes),
        )

    @cached_property
    def ranker(self) -> Ranker:
        from domain_ft.history.tables import read_history
        from domain_ft.prioritization.orders import HYBRID, NEEDS_MODEL
        from domain_ft.prioritization.timeline import build_timeline

        history = read_history(self._raw)
        settings = self.domain.prioritization
        relevance = cast(TripletSettings, self.domain.triplets).relevance
        timeline = build_timeline(history, relevance, settings.features.parallel_tests)
        model = self._embedder if self.order.name in NEEDS_MODEL else None
        return Ranker(timeline, settings, self.order, model, self._order_named(HYBRID))

    @cached_property
    def _raw(self) -> Path:
        return newest_raw(self.domain, self.home)

    @property
    def _now(self) -> int:
        """Microseconds since 1970; where builds are numbered and have no time, the next number's moment."""
        if cast(SourceSettings, self.domain.source).columns.started is not None:
            return int(time.time() * 1_000_000)
        return int(self.ranker.timeline.started.max(initial=0)) + BETWEEN_BUILDS // timedelta(microseconds=1)

    @cached_property
    def _experiment(self) -> Mapping[str, Any] | None:
        from domain_ft.store.publish import read_content
        from domain_ft.uses.judge_orders import CONTENT

        return read_content(self._folder, CONTENT, "run domain-ft prioritize again") if self._folder else None

    @cached_property
    def _folder(self) -> Path | None:
        return pointed(self.home.prioritizations(self.domain.name) / "current")

    @cached_property
    def order(self) -> Order:
        """The order to rank by."""
        asked = self.domain.prioritization.order
        if asked != "auto":
            return self._order_named(asked)
        return self._order_named(self._experiment["choice"]["order"]) if self._experiment else Order()

    def _order_named(self, name: str) -> Order:
        """An order with what the experiment has chosen or learned for it; InputError for a learned one without that."""
        from domain_ft.prioritization.learned.lambdarank import Lambdarank
        from domain_ft.prioritization.orders import TREES, TREES_TUNED

        weights = self._experiment["weights"].get(name) if self._experiment else None
        learned = self._folder / f"{name}.txt" if self._folder else None
        if name in (TREES, TREES_TUNED) and (learned is None or not learned.exists()):
            raise InputError(
                f"prioritization.order: {name} has not been learned yet; run domain-ft prioritize {self.domain.name}"
            )
        trees = Lambdarank.load(learned) if learned is not None and learned.exists() else None
        return Order(name, weights, trees) if weights else Order(name, trees=trees)

    @property
    def why(self) -> str:
        """Why this order."""
        if self.domain.prioritization.order != "auto":
            return f"prioritization.order says {self.domain.prioritization.order}"
        if self._experiment is None:
            return f"no experiment has chosen an order yet: run domain-ft prioritize {self.domain.name}"
        return str(self._experiment["choice"]["why"])

    @cached_property
    def _embedder(self) -> Embedder | None:
        """The model that the settings name, as an ONNX export where there is one: that needs no torch. The device is
        not waited for: a ranking cannot wait."""
        name = self.domain.prioritization.semantic.model_name
        if name == NO_MODEL:
            return None
        model = self._model
        if model is None:
            with named_as_it_was():
                return foreign_model(self.domain, self.home, *foreign_choice(name))
        export = self.home.exports(self.domain.name) / f"{model.name}-onnx-int8"
        return (
            exported_model(self.home, export)
            if is_published(export)
            else published_model(self.domain, self.home, model)
        )

    def _notes(self, asked: Asked) -> list[str]:
        """What a person should know of the order: that none was chosen yet, of older builds, or with another model."""
        if self._experiment is None:
            return [self.why] if self.domain.prioritization.order == "auto" else []
        notes = []
        if self._follows_experiment(asked) and self._experiment["dataset"]["raw"] != self._raw.name:
            mined = self.domain.prioritization.semantic.model_name != NO_MODEL
            first = f"domain-ft dataset {self.domain.name}, then " if mined else ""
            notes.append(
                f"builds have landed since orders were compared: run {first}domain-ft prioritize {self.domain.name}"
            )
        made_with = self._experiment["models"].get("tuned", {}).get("version")
        if self.ranker.model is not None and self._model is not None and made_with != self._model.name:
            notes.append(
                f"the order was chosen with model {made_with}, and {self._model.name} is in use: run domain-ft "
                f"prioritize {self.domain.name}"
            )
        return notes

    def _follows_experiment(self, asked: Asked) -> bool:
        """Whether anything of the answer comes from the experiment: the order, its weights or trees, or the share."""
        chosen = self.domain.prioritization.order == "auto" or asked.confidence is not None
        return chosen or self.order.trees is not None or self.order.name in cast(Any, self._experiment)["weights"]

    @cached_property
    def _model(self) -> Path | None:
        """The domain's own model that the settings name; None for a foreign one."""
        return own_model(self.domain, self.home, self.domain.prioritization.semantic.model_name)[0]

    @cached_property
    def _known(self) -> frozenset[str]:
        """The ids of the history's tests."""
        return frozenset(self.ranker.timeline.test_ids)

    def _about(self, asked: Asked, named: NamedTests) -> list[str]:
        notes = []
        if not asked.change.text.strip():
            notes.append("the change has no text: only what the history says counts")
        unknown = [name for name, test in zip(named.typed, named.ids, strict=True) if test not in self._known]
        if unknown:
            one = f"such as {unknown[0]}" if len(unknown) > 1 else unknown[0]
            are = "is" if len(unknown) == 1 else "are"
            by = "its name" if len(unknown) == 1 else "their names"
            notes.append(f"{len(unknown)} of {len(named.ids)} tests {are} not in the history ({one}): ranked by {by}")
        return [*notes, named.note] if named.note else notes

    def _scope(self, asked: Asked, tests: Sequence[str]) -> str:
        """The scope that was named, that of most of the tests, the one in which they land, or the only one.

        InputError where none can be told: a stranger's changes would say nothing of these tests.
        """
        timeline = self.ranker.timeline
        there = ", ".join(timeline.scopes) or "none"
        if asked.scope is not None:
            if asked.scope not in timeline.scopes:
                raise InputError(f"--scope {asked.scope}: the history has no such scope; it has {there}")
            return asked.scope
        place = dict(zip(timeline.test_ids, timeline.test_scope.tolist(), strict=True))
        found = [place[test] for test in tests if test in place]
        if found:
            return timeline.scopes[int(max(set(found), key=found.count))]
        if asked.lands_in is not None:
            if asked.lands_in not in timeline.scopes:
                raise InputError(
                    f"no results of this project have landed yet (scope {asked.lands_in}; the history has {there}); "
                    f"run domain-ft ingest {self.domain.name} when this run has written its own"
                )
            return asked.lands_in
        if len(timeline.scopes) != 1:
            raise InputError(f"name the tests' scope with --scope; the history has {there}")
        return timeline.scopes[0]

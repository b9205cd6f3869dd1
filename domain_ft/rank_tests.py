"""The daily ranking, from what lies on disk: the newest history, the order that the experiment chose, the model in use.

Whatever is in the way, tests must run: a ranking that cannot be made is the order that was there before, with a
sentence that says why. Nothing here fails but for what a person typed wrong.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import DomainFtError, InputError
from domain_ft.faults import fault_sentence
from domain_ft.judge import embedding_caches
from domain_ft.landing.settings import SourceSettings
from domain_ft.landing.values import BETWEEN_BUILDS
from domain_ft.mining.settings import TripletSettings
from domain_ft.newest import newest_raw
from domain_ft.prioritization.budget import Budget, Chosen, Wanted, choose, parse_budget
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, pointed, read_manifest

if TYPE_CHECKING:
    from domain_ft.prioritization.rank import Change, Meaning, Order, RankedTest, Ranker
    from domain_ft.store.vectors import Encode, Prefixes

_NOT_RANKED = "kept in the original order"


@dataclass(frozen=True)
class Ranking:
    """Tests in the order in which to run them, and how that order came about."""

    results: "tuple[RankedTest, ...]"
    order: str
    """The order's name; `original` where none could be made."""
    why: str
    chosen: frozenset[int]
    """The places (from 0) of the tests that the budget lets run."""
    expected_s: float | None
    """Expected time of those; None where no duration is known."""
    fallback: str | None = None
    """Why the original order was kept; None where tests were ranked."""
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft rank --json`."""
        return {
            "results": [{**test.as_json(), "run": place in self.chosen} for place, test in enumerate(self.results)],
            "order": self.order,
            "why": self.why,
            "chosen": len(self.chosen),
            "expected_s": self.expected_s,
            "fallback": self.fallback,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Asked:
    """What is to be ranked, and how much of it is to run."""

    change: "Change"
    tests: tuple[str, ...] | None = None
    """None: all tests of the scope that the history knows."""
    scope: str | None = None
    budget: str | None = None
    confidence: float | None = None
    notes: tuple[str, ...] = ()


def rank_tests(domain: EmbeddingDomain, home: Home, asked: Asked) -> Ranking:
    """The ranking of the tests that a change needs; on any trouble the original order, and why."""
    try:
        return DailyRanking(domain, home).rank(asked)
    except Exception as error:  # a suite that does not run because its ranking failed would be worse than none
        return original_order(_listed(domain, home, asked), trouble(error))


def _listed(domain: EmbeddingDomain, home: Home, asked: Asked) -> Asked:
    """What was asked, with the tests that the history knows where none were named: an empty list would run nothing."""
    if asked.tests is not None:
        return asked
    try:
        from domain_ft.history.tables import read_history

        tests = read_history(newest_raw(domain, home)).tests
        own = tests.filter(tests["scope"] == asked.scope) if asked.scope in tests["scope"].to_list() else tests
        return replace(asked, tests=tuple(own["test_id"]))
    except Exception:  # then there is nothing to list
        return asked


def trouble(error: Exception) -> str:
    """What went wrong, as one sentence."""
    if isinstance(error, DomainFtError):
        return str(error)
    return fault_sentence(error) or f"{type(error).__name__}: {error}"


def original_order(asked: Asked, why: str) -> Ranking:
    """The tests as they were handed in."""
    from domain_ft.prioritization.rank import RankedTest

    tests = tuple(dict.fromkeys(asked.tests or ()))
    kept = tuple(RankedTest(test, test, rank, 0.0, None, _NOT_RANKED, False) for rank, test in enumerate(tests, 1))
    return Ranking(kept, "original", _NOT_RANKED, frozenset(range(len(kept))), None, why, asked.notes)


def change_asked(
    text: str | None, paths: tuple[str, ...], commit: str | None, repository: Path
) -> "tuple[Change, tuple[str, ...]]":
    """The change that a person names, by its text or as a commit, and what there is to say of it.

    A commit that cannot be read, or whose paths a shallow clone does not know, is said; the text that is left counts.
    """
    from domain_ft.landing.git_log import read_commits
    from domain_ft.prioritization.rank import Change

    if commit is None:
        return Change(text or "", paths), ()
    try:
        found = read_commits(repository, [commit], shallow=True).get(commit)
    except DomainFtError as error:
        return Change(text or "", paths), (f"--commit {commit}: {error}",)
    if found is None:
        return Change(text or "", paths), (f"--commit {commit}: {repository.absolute()} knows no such commit",)
    told = f"{text}\n{found.message}" if text else found.message
    cut = (
        () if found.paths else ("the commit's paths are not known: its parent is missing (a shallow clone), or empty",)
    )
    return Change(told, (*paths, *found.paths)), cut


@dataclass(frozen=True)
class DailyRanking:
    """A domain's history and model, loaded once, for one ranking after the other."""

    domain: EmbeddingDomain
    home: Home

    def rank(self, asked: Asked) -> Ranking:
        """Rank; InputError and DomainFtError say why that cannot be."""
        scope = self._scope(asked)
        tests = asked.tests if asked.tests is not None else self.ranker.tests_of(scope)
        if not tests:
            where = "the list names none" if asked.tests is not None else f"the history knows none of {scope}"
            raise InputError(f"no tests to rank: {where}")
        results = self.ranker.rank(asked.change, scope, tests, self._now)
        chosen, told = self._chosen(asked, results)
        known = any(test.expected_s is not None for test in results)
        used = self.ranker.order_for(asked.change)
        notes = [*asked.notes, *self._notes, *self._about(asked, tests), *told]
        return Ranking(
            results,
            used.name,
            self.why if used is self.order else f"{self.order.name} needs a text and a model: {used.name} in its place",
            chosen.places,
            chosen.seconds if known else None,
            notes=tuple(notes),
        )

    @cached_property
    def ranker(self) -> "Ranker":
        from domain_ft.history.tables import read_history
        from domain_ft.prioritization.orders import HYBRID
        from domain_ft.prioritization.rank import NEEDS_MODEL, Ranker
        from domain_ft.prioritization.timeline import build_timeline

        history = read_history(newest_raw(self.domain, self.home))
        settings = self.domain.prioritization
        relevance = cast(TripletSettings, self.domain.triplets).relevance
        timeline = build_timeline(history, relevance, settings.features.parallel_tests)
        meaning = self._meaning if self.order.name in NEEDS_MODEL else None
        return Ranker(timeline, settings, self.order, meaning, self._order_named(HYBRID))

    @property
    def _now(self) -> int:
        """Microseconds since 1970; where builds are numbered and have no time, the next number's moment."""
        if cast(SourceSettings, self.domain.source).columns.started is not None:
            return int(time.time() * 1_000_000)
        return int(self.ranker.timeline.started.max(initial=0)) + BETWEEN_BUILDS // timedelta(microseconds=1)

    @cached_property
    def _experiment(self) -> Mapping[str, Any] | None:
        from domain_ft.judge_orders import CONTENT
        from domain_ft.store.publish import read_content

        return read_content(self._folder, CONTENT, "run domain-ft prioritize again") if self._folder else None

    @cached_property
    def _folder(self) -> Path | None:
        return pointed(self.home.prioritizations(self.domain.name) / "current")

    @cached_property
    def order(self) -> "Order":
        """The order to rank by."""
        from domain_ft.prioritization.rank import Order

        asked = self.domain.prioritization.order
        if asked != "auto":
            return self._order_named(asked)
        return self._order_named(self._experiment["choice"]["order"]) if self._experiment else Order()

    def _order_named(self, name: str) -> "Order":
        """An order with what the experiment has chosen or learned for it; InputError for a learned one without that."""
        from domain_ft.prioritization.learned.lambdarank import Lambdarank
        from domain_ft.prioritization.orders import TREES, TREES_TUNED
        from domain_ft.prioritization.rank import Order

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
    def _meaning(self) -> "Meaning | None":
        """The model that the settings name, as an ONNX export where there is one: that needs no torch."""
        from domain_ft.judge_orders import NO_MODEL

        name = self.domain.prioritization.semantic.model_name
        if name == NO_MODEL:
            return None
        model = self._model
        if model is None:
            return _foreign(self.domain, self.home, name)
        export = self.home.exports(self.domain.name) / f"{model.name}-onnx-int8"
        return _exported(self.home, export) if is_published(export) else _published(self.domain, self.home, model)

    @property
    def _notes(self) -> list[str]:
        """What a person should know of the order: that none was chosen yet, or with another model."""
        if self._experiment is None:
            return [self.why] if self.domain.prioritization.order == "auto" else []
        made_with = self._experiment["models"].get("tuned", {}).get("version")
        if self.ranker.meaning is None or self._model is None or made_with == self._model.name:
            return []
        return [
            f"the order was chosen with model {made_with}, and {self._model.name} is in use: run domain-ft prioritize "
            f"{self.domain.name}"
        ]

    @cached_property
    def _model(self) -> Path | None:
        """The domain's own model that the settings name; None for a foreign one."""
        from domain_ft.judge_orders import own_model

        return own_model(self.domain, self.home, self.domain.prioritization.semantic.model_name)[0]

    def _about(self, asked: Asked, tests: Sequence[str]) -> list[str]:
        notes = []
        if not asked.change.text.strip():
            notes.append("the change has no text: only what the history says counts")
        known = set(self.ranker.timeline.test_ids)
        unknown = [test for test in tests if test not in known]
        if unknown:
            one = f"such as {unknown[0]}" if len(unknown) > 1 else unknown[0]
            notes.append(f"{len(unknown)} of {len(tests)} tests are not in the history ({one}): ranked by their names")
        return notes

    def _scope(self, asked: Asked) -> str:
        """The scope that was named, the only one, or that of most of the tests; InputError where none can be told."""
        timeline = self.ranker.timeline
        there = ", ".join(timeline.scopes) or "none"
        if asked.scope is not None:
            if asked.scope not in timeline.scopes:
                raise InputError(f"--scope {asked.scope}: the history has no such scope; it has {there}")
            return asked.scope
        if len(timeline.scopes) == 1:
            return timeline.scopes[0]
        place = dict(zip(timeline.test_ids, timeline.test_scope.tolist(), strict=True))
        found = [place[test] for test in asked.tests or () if test in place]
        if not found:
            raise InputError(f"name the tests' scope with --scope; the history has {there}")
        return timeline.scopes[int(max(set(found), key=found.count))]

    def _chosen(self, asked: Asked, results: "Sequence[RankedTest]") -> tuple[Chosen, list[str]]:
        """The tests to run, and what there is to say of it: what cannot be planned for lets all of them run."""
        wanted = [Wanted(test.expected_s, test.must_run) for test in results]
        everything = Budget("100%", share=1.0)
        try:
            budget = self._budget(asked) or everything
        except InputError as error:
            return cast(Chosen, choose(wanted, everything)), [f"nothing was left out: {error}"]
        chosen = choose(wanted, budget)
        if chosen is None:
            why = "a time needs durations, and the history has none; map source.columns.duration, or write a share"
            return cast(Chosen, choose(wanted, everything)), [f"nothing was left out: --budget {asked.budget}: {why}"]
        return chosen, []

    def _budget(self, asked: Asked) -> Budget | None:
        if asked.budget is not None:
            try:
                return parse_budget(asked.budget)
            except ValueError as error:
                raise InputError(f"--budget: {error}") from None
        if asked.confidence is None:
            return None
        if self._experiment is None:
            raise InputError(f"--confidence: nothing was measured yet; run domain-ft prioritize {self.domain.name}")
        share = share_for_confidence(self._experiment["curve"], self.order.name, asked.confidence)
        return Budget(f"{asked.confidence:g} % sure", share=share)


def share_for_confidence(curve: Mapping[str, Any], order: str, percent: float) -> float:
    """The share of test time by which, on the test split, so many per cent of builds with a fault had shown it.

    InputError where the order was not measured; 1.0 where it is never reached before the end.
    """
    caught = curve["caught"].get(order)
    if caught is None:
        raise InputError(f"--confidence: the order {order} has no measured curve; run domain-ft prioritize again")
    for share, one in zip(curve["share"], caught, strict=True):
        if one is not None and 100 * one["mean"] >= percent - 1e-9:
            return float(share)
    return 1.0


def _published(domain: EmbeddingDomain, home: Home, model: Path) -> "Meaning":
    """It shares its cache with the benchmarks; the device is not waited for, for a ranking cannot wait."""
    from domain_ft.embedding.models import model_encoder
    from domain_ft.embedding.prefixes import published_prefixes
    from domain_ft.model_folders.digest import model_digest
    from domain_ft.store.digests import short

    manifest = read_manifest(model)
    length = int(manifest["settings"]["max_seq_length"])
    encode = model_encoder(
        model, device=domain.training.device, batch_size=domain.benchmark.batch_size, max_seq_length=length
    )
    return _meaning(home, encode, published_prefixes(manifest), f"{short(model_digest(model))}-{length}")


def _foreign(domain: EmbeddingDomain, home: Home, name: str) -> "Meaning":
    """A folder, `starter` or a hub id, with the domain's own length of texts."""
    from domain_ft.embedding.models import model_encoder, resolve_base_model
    from domain_ft.judge_orders import foreign_model
    from domain_ft.store.digests import short
    from domain_ft.store.vectors import NO_PREFIXES

    found, length = resolve_base_model(*foreign_model(name), home), domain.training.max_seq_length
    encode = model_encoder(
        found.path, device=domain.training.device, batch_size=domain.benchmark.batch_size, max_seq_length=length
    )
    return _meaning(home, encode, NO_PREFIXES, f"{short(found.sha256)}-{length}")


def _exported(home: Home, folder: Path) -> "Meaning":
    """An export has vectors of its own: its cache is named by its own digest."""
    from domain_ft.export.encoder import open_export
    from domain_ft.store.digests import sha256_json, short
    from domain_ft.store.vectors import Prefixes

    manifest = read_manifest(folder)
    name = f"{short(sha256_json(manifest['files']))}-{manifest['max_seq_length']}"
    prefixes = Prefixes(manifest["prefixes"]["query"], manifest["prefixes"]["passage"])
    return _meaning(home, open_export(folder, "onnx"), prefixes, name)


def _meaning(home: Home, encode: "Encode", prefixes: "Prefixes", cache: str) -> "Meaning":
    """The change to come is not remembered: each comes once, and would leave a file behind."""
    from domain_ft.prioritization.rank import Meaning
    from domain_ft.store.vectors import cached_encode

    remembered = cached_encode(encode, embedding_caches(home) / cache)
    return Meaning(
        encode_change=lambda text: encode([prefixes.query + text])[0],
        encode_changes=lambda texts: remembered([prefixes.query + text for text in texts]),
        encode_tests=lambda texts: remembered([prefixes.passage + text for text in texts]),
    )

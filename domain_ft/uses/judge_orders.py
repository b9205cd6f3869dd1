"""The prioritization experiment of a domain: which model gives the meaning, what it knows already, and what is
published of it all."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from domain_ft.domain import EmbeddingDomain
from domain_ft.history.settings import Relevance
from domain_ft.mining.settings import TripletSettings
from domain_ft.newest import newest_raw
from domain_ft.prioritization.settings import PrioritizationSettings
from domain_ft.progress import Progress, silent
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import (
    is_published,
    point,
    publish_folder,
    read_content,
    read_manifest,
    verify_folder,
    write_json,
)
from domain_ft.uses.named_model import NO_MODEL, foreign_choice, named_as_it_was, own_model

if TYPE_CHECKING:
    from domain_ft.evaluation.arms import ModelArm
    from domain_ft.prioritization.case import PrioritizationCase
    from domain_ft.prioritization.learned_arms import ModelFeatures

EXPERIMENT_VERSION = 3
"""Raised when the same experiment is to be published again: with other figures, or in another form."""
TRIAL = "a trial: rank does not follow it; write the settings into the domain's file where it is to"
CONTENT, REPORT, MARKDOWN = "prioritization.json", "report.html", "report.md"
TESTS_TABLE, BUILDS_TABLE = "prioritized_tests.csv", "metrics_per_build.csv"


@dataclass(frozen=True)
class PrioritizationResult:
    """A published experiment."""

    path: Path
    report: Path
    digest: str
    reused: bool
    headline: str
    choice: Mapping[str, Any]
    content: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft prioritize --json`."""
        keys = (
            "verdict", "findings", "primary_metric", "faults", "builds", "arms", "slices", "differences", "weights",
            "learned",
        )  # fmt: skip
        return {
            "path": str(self.path),
            "report": str(self.report),
            "digest": self.digest,
            "reused": self.reused,
            "headline": self.headline,
            "choice": dict(self.choice),
            **{key: self.content[key] for key in keys},
            "notes": list(self.notes),
        }


def judge_orders(
    domain: EmbeddingDomain,
    home: Home,
    *,
    trial: bool = False,
    progress: Progress = silent,
    provenance: Mapping[str, str] | None = None,
) -> PrioritizationResult:
    """Compare orders of tests on the newest dataset, and publish what came of it: `rank` follows it.

    A `trial` is published, and `rank` goes on with what it has followed. InputError where the domain has no history;
    DomainFtError where no build is left on which orders can differ.
    """
    settings = domain.prioritization
    models: tuple[ModelArm, ...] = ()
    notes: tuple[str, ...] = ()
    if settings.semantic.model_name == NO_MODEL:
        data = _history_alone(domain, home)
    else:
        data = _mined(domain, home)
        base, tuned, notes = meaning_models(domain, home, settings, progress)
        models, notes = (base, tuned), (*notes, *_landed_since(domain, home, data))
    version = [EXPERIMENT_VERSION, data.digest, settings.model_dump(mode="json"), domain.promotion.minimum_effect]
    digest = short(sha256_json([*version, *(arm.digest for arm in models)]))
    target = home.prioritizations(domain.name) / digest
    reused = is_published(target)
    if not reused:
        _publish(domain, data, models, target, progress, provenance or {}, digest)
    if trial:
        notes = (*notes, TRIAL)
    else:
        point(home.prioritizations(domain.name) / "current", digest)
    return prioritization_result(target, reused=reused, notes=notes)


@dataclass(frozen=True)
class Data:
    """What orders are compared on: tables, the split of their builds, and what counts as relevant there."""

    raw: Path
    digest: str
    placed: Mapping[str, str]
    relevance: Relevance
    dataset: Path | None
    """None where none was mined: then no model can be asked what it has learned from."""


def _mined(domain: EmbeddingDomain, home: Home) -> Data:
    """The newest dataset."""
    from domain_ft.datasets import current_dataset, require_sound
    from domain_ft.evaluation.held_out import placed_units

    dataset = current_dataset(home, domain.name)
    require_sound(dataset)
    manifest = read_manifest(dataset)
    raw = home.raw(domain.name) / manifest["raw"]
    verify_folder(raw)
    placed = {unit: split for unit, split in placed_units(dataset).iter_rows() if split is not None}
    return Data(raw, manifest["digest"], placed, manifest["settings"]["relevance"], dataset)


def _landed_since(domain: EmbeddingDomain, home: Home, data: Data) -> tuple[str, ...]:
    """That there are newer tables than the dataset is made of."""
    if newest_raw(domain, home).name == data.raw.name:
        return ()
    return (f"builds have landed since the dataset was made: run domain-ft dataset {domain.name} first",)


def _history_alone(domain: EmbeddingDomain, home: Home) -> Data:
    """The newest tables, split as a dataset of them would be."""
    from domain_ft.history.tables import read_history
    from domain_ft.splits.by_time import split_by_time

    raw = newest_raw(domain, home)
    verify_folder(raw)
    triplets = cast(TripletSettings, domain.triplets)
    placed = split_by_time(read_history(raw).builds, triplets.split).select("build_id", "split").iter_rows()
    digest = short(sha256_json([raw.name, triplets.split.model_dump(mode="json"), triplets.relevance]))
    return Data(raw, digest, {build: split for build, split in placed if split}, triplets.relevance, None)


def prioritization_result(folder: Path, *, reused: bool = True, notes: tuple[str, ...] = ()) -> PrioritizationResult:
    """A published experiment; DomainFtError where nothing readable is there."""
    from domain_ft.prioritization.orders import ORDERS

    content = read_content(folder, CONTENT, "run domain-ft prioritize again")
    content["arms"] = {name: content["arms"][name] for name in ORDERS if name in content["arms"]}
    return PrioritizationResult(
        path=folder,
        report=folder / REPORT,
        digest=content["digest"],
        reused=reused,
        headline=content["headline"],
        choice=content["choice"],
        content=content,
        notes=notes,
    )


def meaning_models(
    domain: EmbeddingDomain, home: Home, settings: PrioritizationSettings, progress: Progress
) -> "tuple[ModelArm, ModelArm, tuple[str, ...]]":
    """The base and the model that `semantic.model_name` means, and what there is to say of that.

    A published model brings its own base; beside a foreign one (`starter`, a folder, a hub id) stands that of the
    domain's training.
    """
    from domain_ft.judge import model_arms, plain_arm

    name = settings.semantic.model_name
    published, notes = own_model(domain, home, name)
    if published is not None:
        base, *_, tuned = model_arms(domain, home, published, progress=progress)
        return base, tuned, notes
    base = plain_arm("base", domain, home, domain.training.base_model, domain.training.base_revision, progress)
    with named_as_it_was():
        foreign = plain_arm("candidate", domain, home, *foreign_choice(name), progress)
    return (
        base,
        foreign,
        (f"{name} is no model of {domain.name}: what it has learned from is not known, and nothing is left out",),
    )


def _publish(
    domain: EmbeddingDomain,
    data: Data,
    models: "tuple[ModelArm, ...]",
    target: Path,
    progress: Progress,
    provenance: Mapping[str, str],
    digest: str,
) -> None:
    """Compute and publish; what that takes is imported here, for an experiment that is there needs none of it."""
    from domain_ft.evaluation.provenance import run_provenance
    from domain_ft.evaluation.report.orders import render_orders_html, render_orders_markdown
    from domain_ft.prioritization.arms import Arms, untrained_arms
    from domain_ft.prioritization.experiment import experiment_content, judge_arms, require_judged
    from domain_ft.prioritization.features import structural_features
    from domain_ft.prioritization.learned_arms import learn_arms, learned_content
    from domain_ft.prioritization.orders import HYBRID
    from domain_ft.prioritization.tables import write_builds, write_tests

    case = _case(domain, data, models)
    require_judged(case)
    progress("features", 0, len(case.rows))
    structural = structural_features(case.timeline, case.rows, case.settings.features)
    of_base, of_tuned = (_model_features(case, arm, progress) for arm in models) if models else (None, None)
    untrained = untrained_arms(
        case, structural, of_base.features if of_base else None, of_tuned.features if of_tuned else None
    )
    learned = learn_arms(case, structural, of_base, of_tuned, untrained.scores[HYBRID], progress)
    arms = Arms({**untrained.scores, **learned.scores}, untrained.weights, untrained.tried)
    progress("compare", 0)
    judged = judge_arms(case, arms)
    named = zip(("base", "tuned"), models, strict=False)
    content = {
        "kind": "prioritization",
        "digest": digest,
        "domain": domain.name,
        **experiment_content(case, arms, judged, domain.promotion.minimum_effect),
        "minimum_effect": domain.promotion.minimum_effect,
        "learned": learned_content(case, learned),
        "models": {name: {"version": arm.version, "digest": arm.digest} for name, arm in named},
        "dataset": {"digest": data.digest, "raw": data.raw.name},
        "provenance": run_provenance(provenance),
    }  # fmt: skip

    def write(folder: Path) -> dict[str, Any]:
        write_json(folder / CONTENT, content)
        (folder / REPORT).write_text(render_orders_html(content), encoding="utf-8")
        (folder / MARKDOWN).write_text(render_orders_markdown(content), encoding="utf-8")
        write_tests(folder / TESTS_TABLE, case, arms, content["choice"]["order"])
        write_builds(folder / BUILDS_TABLE, case, judged)
        for name, trees in learned.trees.items():
            trees.save(folder / f"{name}.txt")
        return {key: content[key] for key in ("kind", "digest", "created_at", "headline", "choice", "models")}

    publish_folder(target, write)


def _case(domain: EmbeddingDomain, data: Data, models: "tuple[ModelArm, ...]") -> "PrioritizationCase":
    from domain_ft.evaluation.arms import units_trained_on
    from domain_ft.evaluation.case import seen_in_training
    from domain_ft.evaluation.held_out import open_dataset
    from domain_ft.history.tables import read_history
    from domain_ft.prioritization.case import prioritization_case

    known: frozenset[str] = frozenset()
    excluded: Mapping[str, int] = {}
    if data.dataset is not None:
        held_out = open_dataset(data.raw, data.dataset)
        seen = {name: units_trained_on(arm, "test") for name, arm in zip(("base", "tuned"), models, strict=True)}
        known, excluded = seen_in_training(held_out, "test", seen)
    history = read_history(data.raw)
    return prioritization_case(history, data.placed, data.relevance, domain.prioritization, known, excluded)


def _model_features(case: "PrioritizationCase", arm: "ModelArm", progress: Progress) -> "ModelFeatures":
    from domain_ft.prioritization.features import semantic_features
    from domain_ft.prioritization.learned.rows import Vectors
    from domain_ft.prioritization.learned_arms import ModelFeatures

    timeline = case.timeline
    texts = len(timeline.change_texts) + len(timeline.test_texts)
    progress(f"encode {'base' if arm.name == 'base' else 'tuned'}", 0, texts)
    changes = arm.encode([arm.prefixes.query + text for text in timeline.change_texts])
    tests = arm.encode([arm.prefixes.passage + text for text in timeline.test_texts])
    features = semantic_features(timeline, case.rows, changes, tests, case.settings.features)
    return ModelFeatures(Vectors(changes, tests), features)

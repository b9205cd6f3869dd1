"""What a benchmark judges: the held-out task, the models, and what is left out because one of them knows it.

All of it is fixed, and has a digest, before any model encodes a text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from domain_ft.errors import InputError
from domain_ft.evaluation.arms import ARMS, BASE, CANDIDATE, ModelArm, units_trained_on
from domain_ft.evaluation.curated import CuratedTask, EvaluationFile, curated_task
from domain_ft.evaluation.held_out import HeldOut, open_dataset
from domain_ft.evaluation.metrics import METRIC_VERSION
from domain_ft.evaluation.settings import BenchmarkSettings
from domain_ft.evaluation.task import RetrievalTask, require_ranked
from domain_ft.pairs.tables import read_pairs
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.publish import read_manifest

REPORT_VERSION = 4
"""Raised when the same figures are to be published again: in another form, or judged by another rule."""


@dataclass(frozen=True)
class Rules:
    """By what is judged: the benchmark's settings, the effect worth deciding about, and the guards' margin."""

    settings: BenchmarkSettings
    minimum_effect: float
    margin: float


@dataclass(frozen=True)
class BenchmarkCase:
    """What is judged, on what, and by which rules."""

    task: RetrievalTask
    models: Mapping[str, ModelArm]
    rules: Rules
    excluded: Mapping[str, int]
    """Units left out because a model knows them, by reason."""
    dataset: Mapping[str, Any]
    """The dataset's manifest."""
    curated: CuratedTask | None = None
    """The queries of an evaluation file."""

    @cached_property
    def comparison_digest(self) -> str:
        """That of its task."""
        return comparison_digest(self.task)

    @cached_property
    def digest(self) -> str:
        """The digest of all that the figures and their publication depend on."""
        models = {name: [model.version, model.digest] for name, model in self.models.items()}
        settings = self.rules.settings.model_dump(mode="json", exclude={"batch_size"})
        rules: list[Any] = [settings, self.rules.minimum_effect, self.rules.margin]
        if self.curated is not None:
            rules += [self.curated.file.sha256, self.curated.task.digest]
        return short(sha256_json([REPORT_VERSION, self.comparison_digest, models, rules, self.dataset["digest"]]))


def comparison_digest(task: RetrievalTask) -> str:
    """Equal wherever figures may stand side by side: same metrics, same queries, corpora and labels."""
    return short(sha256_json([METRIC_VERSION, task.digest]))


def _by_name(arms: Sequence[ModelArm]) -> dict[str, ModelArm]:
    models: dict[str, ModelArm] = {arm.name: arm for arm in sorted(arms, key=lambda arm: ARMS.index(arm.name))}
    if len(models) != len(arms) or not {BASE, CANDIDATE} <= set(models):
        names = ", ".join(arm.name for arm in arms)
        raise InputError(f"a benchmark needs one base, one candidate and at most one champion, not: {names}")
    return models


def benchmark_case(
    raw: Path, dataset: Path, arms: Sequence[ModelArm], rules: Rules, file: EvaluationFile | None = None
) -> BenchmarkCase:
    """The case of a dataset, mined from the tables in `raw`, and these arms.

    InputError where the arms are not one base, one candidate and at most one champion, or where `dataset` was mined
    from other tables; DomainFtError where nothing is left to judge on.
    """
    models = _by_name(arms)
    manifest, source = read_manifest(dataset), read_manifest(raw)
    if manifest["raw_digest"] not in (source.get("digest"), source.get("content_digest")):
        raise InputError(
            f"{dataset}: was mined from raw tables {manifest['raw_digest']}, not from {raw.resolve().name}; "
            "hand in those tables or mine the dataset again"
        )
    held_out, split = open_dataset(raw, dataset), rules.settings.split
    seen = {name: units_trained_on(model, split) for name, model in models.items()}
    exclude, excluded = seen_in_training(held_out, split, seen)
    task = held_out.task(split, exclude)
    require_ranked(task, split)
    require_measured(task, rules.settings)
    curated = _curated(file, raw, manifest, frozenset().union(*seen.values())) if file else None
    return BenchmarkCase(task, models, rules, excluded, manifest, curated)


def _curated(file: EvaluationFile, raw: Path, manifest: Mapping[str, Any], seen: frozenset[str]) -> CuratedTask:
    settings = manifest["settings"]
    return curated_task(file, read_pairs(raw), seen, tuple(settings["targets"]), settings["near_duplicate"])


def require_measured(task: RetrievalTask, settings: BenchmarkSettings) -> None:
    """Refuse metrics that a task does not define."""
    for metric in (settings.primary_metric, *settings.guard_metrics):
        if metric not in task.metrics:
            raise InputError(f"benchmark: {metric} says nothing of this data; it has {', '.join(task.metrics)}")


def seen_in_training(
    held_out: HeldOut, split: str, seen: Mapping[str, frozenset[str]]
) -> tuple[frozenset[str], dict[str, int]]:
    """The split's units that a model knows, and how many per reason (a unit may count for several).

    It knows what it has seen, and what shares a text or a group with that.
    """
    judged = held_out.units(split)
    everything = frozenset().union(*seen.values())
    marks = held_out.marks()
    known = frozenset(mark for unit in everything for mark in marks.get(unit, ()))
    related = frozenset(unit for unit in judged - everything if not known.isdisjoint(marks.get(unit, ())))
    counts = {f"seen_by_{name}": len(units & judged) for name, units in seen.items()}
    return (everything & judged) | related, {**counts, "related_to_seen": len(related)}

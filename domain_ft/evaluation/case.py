"""What a benchmark judges: the held-out task, the models, and the builds left out because one of them knows them.

All of it is fixed, and has a digest, before any model encodes a text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from domain_ft.errors import InputError
from domain_ft.evaluation.arms import ARMS, BASE, CANDIDATE, ModelArm, units_trained_on
from domain_ft.evaluation.metrics import METRIC_VERSION
from domain_ft.evaluation.settings import BenchmarkSettings
from domain_ft.evaluation.task import RetrievalTask, history_task, require_ranked
from domain_ft.history.tables import History, read_history
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.publish import read_manifest
from domain_ft.store.tables import read_table
from domain_ft.words import normalized

REPORT_VERSION = 1
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
    """Builds left out because a model knows them, by reason."""
    dataset: Mapping[str, Any]
    """The dataset's manifest."""

    @cached_property
    def comparison_digest(self) -> str:
        """Equal wherever figures may stand side by side: same metrics, same builds, corpora and labels."""
        return short(sha256_json([METRIC_VERSION, self.task.digest]))

    @cached_property
    def digest(self) -> str:
        """The digest of all that the figures and their publication depend on."""
        models = {name: [model.version, model.digest] for name, model in self.models.items()}
        settings = self.rules.settings.model_dump(mode="json", exclude={"batch_size"})
        rules = [settings, self.rules.minimum_effect, self.rules.margin]
        return short(sha256_json([REPORT_VERSION, self.comparison_digest, models, rules, self.dataset["digest"]]))


def _by_name(arms: Sequence[ModelArm]) -> dict[str, ModelArm]:
    models: dict[str, ModelArm] = {arm.name: arm for arm in sorted(arms, key=lambda arm: ARMS.index(arm.name))}
    if len(models) != len(arms) or not {BASE, CANDIDATE} <= set(models):
        names = ", ".join(arm.name for arm in arms)
        raise InputError(f"a benchmark needs one base, one candidate and at most one champion, not: {names}")
    return models


def benchmark_case(raw: Path, dataset: Path, arms: Sequence[ModelArm], rules: Rules) -> BenchmarkCase:
    """The case of a dataset, mined from the tables in `raw`, and these arms.

    InputError where the arms are not one base, one candidate and at most one champion, or where `dataset` was mined
    from other tables; DomainFtError where no build is left to judge on.
    """
    models = _by_name(arms)
    manifest, source = read_manifest(dataset), read_manifest(raw)
    if manifest["raw_digest"] not in (source.get("digest"), source.get("content_digest")):
        raise InputError(
            f"{dataset}: was mined from raw tables {manifest['raw_digest']}, not from {raw.resolve().name}; "
            "hand in those tables or mine the dataset again"
        )
    history = read_history(raw)
    builds = read_table(dataset / "builds.parquet", ["build_id", "split"])
    exclude, excluded = _seen_in_training(history, builds, rules.settings.split, models)
    task = history_task(history, builds, rules.settings.split, manifest["settings"]["relevance"], exclude=exclude)
    require_ranked(task, rules.settings.split)
    return BenchmarkCase(task, models, rules, excluded, manifest)


def _seen_in_training(
    history: History, builds: pl.DataFrame, split: str, models: Mapping[str, ModelArm]
) -> tuple[frozenset[str], dict[str, int]]:
    """The split's builds that a model has seen, and how many per reason (a build may count for several)."""
    held_out = frozenset(builds.filter(pl.col("split") == split)["build_id"])
    seen = {name: units_trained_on(model, split) for name, model in models.items()}
    everything = frozenset().union(*seen.values())
    texts = {
        build: normalized(text or "") for build, text in history.builds.select("build_id", "change_text").iter_rows()
    }
    known_texts = {texts[build] for build in everything if texts.get(build)}
    alike = frozenset(build for build in held_out - everything if texts.get(build) in known_texts)
    counts = {f"seen_by_{name}": len(units & held_out) for name, units in seen.items()}
    return (everything & held_out) | alike, {**counts, "same_change_text_as_seen": len(alike)}

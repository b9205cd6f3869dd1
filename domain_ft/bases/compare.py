"""The comparison of a domain's bases: all that were tuned on one dataset, ranked on its validation split, published."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from domain_ft.bases.content import BaseCase, comparison_content
from domain_ft.bases.standing import MissingBase, ReadyBase, take_stock
from domain_ft.bases.train import SPLIT, require_bases
from domain_ft.datasets import current_dataset
from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import InputError
from domain_ft.evaluation.arms import units_trained_on
from domain_ft.evaluation.benchmark import benchmark_result
from domain_ft.evaluation.benchmark_file import MARKDOWN, REPORT
from domain_ft.evaluation.case import require_measured, seen_in_training
from domain_ft.evaluation.held_out import open_dataset
from domain_ft.evaluation.published_ranking import PublishedRanking
from domain_ft.evaluation.report.bases import render_bases_html, render_bases_markdown
from domain_ft.evaluation.task import require_ranked
from domain_ft.judge import model_arms
from domain_ft.progress import Progress, silent
from domain_ft.registry.sweep_runs import Outcome, SweepRecord
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, point, publish_folder, read_manifest, verify_folder, write_json
from domain_ft.sweep.run import judged_outcome, tell

COMPARISON = "comparison.json"


class BaseComparison(PublishedRanking):
    """A published comparison; `content` is that of `comparison.json`."""


def compare_bases(
    domain: EmbeddingDomain, home: Home, dataset: Path | None = None, *, progress: Progress = silent
) -> BaseComparison:
    """Rank the bases that were tuned on a dataset (None: the newest); InputError where none was.

    It moves no pointer but its own, registers nothing and promotes nothing.
    """
    require_bases(domain)
    dataset = dataset or current_dataset(home, domain.name)
    ready, missing = take_stock(domain, home, dataset)
    if not ready:
        raise InputError(_nothing_to_compare(domain, missing))
    case = _case(domain, home, dataset, ready, missing, progress)
    target = home.base_comparisons(domain.name) / case.digest
    reused = is_published(target)
    if not reused:
        content = comparison_content(case, progress)
        publish_folder(target, lambda folder: _write(folder, content))
    point(target.parent / "current", case.digest)
    verify_folder(target)
    content = json.loads((target / COMPARISON).read_bytes())
    told = tell(home, domain.name, _as_sweep(content, ready))
    return BaseComparison(target, content, reused, told.url, (*content["notes"], *told.notes))


def _nothing_to_compare(domain: EmbeddingDomain, missing: Sequence[MissingBase]) -> str:
    reasons = "; ".join(f"{each.key}: {each.why}" for each in missing)
    return f"nothing to compare ({reasons}); run domain-ft bases {domain.name}, or materialize its base_models"


def _case(
    domain: EmbeddingDomain,
    home: Home,
    dataset: Path,
    ready: Sequence[ReadyBase],
    missing: Sequence[MissingBase],
    progress: Progress,
) -> BaseCase:
    manifest = read_manifest(dataset)
    raw = home.raw(domain.name) / manifest["raw"]
    verify_folder(raw)
    tuned, bases = {}, {}
    for each in ready:
        bases[each.choice.key], tuned[each.choice.key] = model_arms(domain, home, each.model, progress=progress)
    held_out = open_dataset(raw, dataset)
    known = {key: units_trained_on(arm, SPLIT) for key, arm in tuned.items()}
    seen, _ = seen_in_training(held_out, SPLIT, known)
    task = held_out.task(SPLIT, seen)
    require_ranked(task, SPLIT)
    require_measured(task, domain.benchmark)
    return BaseCase(domain, manifest, task, ready, missing, tuned, bases)


def _write(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    write_json(folder / COMPARISON, content)
    (folder / REPORT).write_text(render_bases_html(content), encoding="utf-8")
    (folder / MARKDOWN).write_text(render_bases_markdown(content), encoding="utf-8")
    keys = ("kind", "digest", "comparison_digest", "metric_version", "created_at", "split", "best", "headline")
    return {key: content[key] for key in keys}


def _as_sweep(content: Mapping[str, Any], ready: Sequence[ReadyBase]) -> SweepRecord:
    """The comparison as MLflow keeps it: a sweep over the base model."""
    return SweepRecord(
        digest=content["digest"],
        axes={"training.base_model": ",".join(str(each.choice) for each in ready)},
        combinations=len(ready) + len(content["missing"]),
        primary_metric=content["primary_metric"],
        outcomes=[_outcome(each) for each in ready],
        table=content,
    )


def _outcome(base: ReadyBase) -> Outcome:
    judged = benchmark_result(base.benchmark)
    settings = {name: value for name, value in base.choice.settings.items() if value is not None}
    return judged_outcome(base.choice.key, settings, base.model.name, base.manifest["dataset"], judged)

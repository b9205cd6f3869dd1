"""Everything that `comparison.json` says of a domain's bases, computed; page and Markdown are made from it alone."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from domain_ft.bases.standing import MissingBase, ReadyBase, unlike_settings
from domain_ft.bases.train import SPLIT
from domain_ft.domain import EmbeddingDomain
from domain_ft.embedding.version import NOT_IN_VERSION
from domain_ft.evaluation.arms import CANDIDATE, ModelArm, model_figures
from domain_ft.evaluation.benchmark_file import read_benchmark
from domain_ft.evaluation.case import comparison_digest
from domain_ft.evaluation.evidence import few_clusters
from domain_ft.evaluation.general.ability import GUARDED
from domain_ft.evaluation.held_out import made_from
from domain_ft.evaluation.leaderboard import Leaderboard, not_told_apart, rank_arms, untuned
from domain_ft.evaluation.metric_names import METRIC_LABELS
from domain_ft.evaluation.metrics import METRIC_VERSION
from domain_ft.evaluation.task import RetrievalTask
from domain_ft.evaluation.vocabulary import Vocabulary, sample_size, vocabulary
from domain_ft.progress import Progress
from domain_ft.store.digests import sha256_json, short
from domain_ft.sweep.result import OPTIMISTIC, command_to_test

REPORT_VERSION = 2
"""Raised when the same figures are to be published again in another form."""


@dataclass(frozen=True)
class BaseCase:
    """What is compared, on what; it has a digest before any model encodes a text."""

    domain: EmbeddingDomain
    dataset: Mapping[str, Any]
    """The dataset's manifest."""
    task: RetrievalTask
    ready: Sequence[ReadyBase]
    missing: Sequence[MissingBase]
    tuned: Mapping[str, ModelArm]
    bases: Mapping[str, ModelArm]

    @cached_property
    def comparison_digest(self) -> str:
        """Equal wherever figures may stand side by side."""
        return comparison_digest(self.task)

    @cached_property
    def digest(self) -> str:
        """The digest of all that the comparison depends on."""
        models = {key: [arm.version, arm.digest, self.bases[key].digest] for key, arm in self.tuned.items()}
        settings = self.domain.benchmark.model_dump(mode="json", exclude={"batch_size", "split"})
        others = [asdict(each) for each in self.missing]
        changed = {each.choice.key: _changed(self.domain, each) for each in self.ready}
        rules = [settings, self.domain.promotion.minimum_effect, self.domain.preset, changed]
        return short(
            sha256_json([REPORT_VERSION, self.comparison_digest, models, others, rules, self.dataset["digest"]])
        )


def comparison_content(case: BaseCase, progress: Progress) -> dict[str, Any]:
    """Judge the bases of a case; the values are plain, so that JSON holds them as they are."""
    settings = case.domain.benchmark
    tuned, bases = (
        {key: model_figures(case.task, arm, progress).overall for key, arm in arms.items()}
        for arms in (case.tuned, case.bases)
    )
    board = rank_arms(
        tuned,
        bases,
        case.task.clusters,
        settings,
        minimum_effect=case.domain.promotion.minimum_effect,
    )
    words = vocabulary(made_from(case.dataset))
    by_key = {each.choice.key: each for each in case.ready}
    metric = settings.primary_metric
    best = board.arms[board.order[0]][metric]
    few = few_clusters(best.clusters, SPLIT, settings.confidence, words)
    return {
        "kind": "base_comparison",
        "digest": case.digest,
        "comparison_digest": case.comparison_digest,
        "metric_version": METRIC_VERSION,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "domain": case.domain.name,
        "headline": _headline(board, metric, words),
        "best": board.order[0],
        "split": SPLIT,
        "primary_metric": metric,
        "n": best.n,
        "units": words.units,
        "bases": [_row(by_key[key], board) for key in board.order],
        "missing": [asdict(each) for each in case.missing],
        "differences": [asdict(row) for row in board.differences],
        "notes": [*([few] if few else []), *_notes(case, by_key[board.order[0]])],
        "dataset_digest": case.dataset["digest"],
        "relevance": case.dataset["relevance"],
        "settings": settings.model_dump(mode="json", exclude={"split"}),
        "minimum_effect": case.domain.promotion.minimum_effect,
    }


def _row(base: ReadyBase, board: Leaderboard) -> dict[str, Any]:
    """One base: what it is and costs, and what it and its tuned model measured; some of it by its own benchmark."""
    manifest, key, judged = base.manifest, base.choice.key, read_benchmark(base.benchmark)
    general = (judged["general_ability"] or {}).get("arms", {}).get(CANDIDATE, {}).get(GUARDED)
    tuned, before = ({name: asdict(one) for name, one in board.arms[arm].items()} for arm in (key, untuned(key)))
    return {
        "key": key,
        "base": base.choice.name,
        "revision": base.choice.revision,
        "base_sha256": manifest["base_sha256"],
        "version": manifest["version"],
        "dimension": manifest["dimension"],
        "parameters": manifest["total_parameters"],
        "seconds": manifest["duration_s"],
        "device": manifest["device"],
        "general_ability": general["mean"] if general else None,
        "median_ms": judged["speed"].get(CANDIDATE, {}).get("median_ms"),
        "tuned": tuned,
        "untuned": before,
    }


def _headline(board: Leaderboard, metric: str, words: Vocabulary) -> str:
    first, *others = board.order
    best = board.arms[first][metric]
    size = sample_size(best.n, best.clusters, words.units, words.clusters)
    figures = f"{METRIC_LABELS[metric]} {best.mean:.3f} on {size}"
    if not others:
        return f"{first} alone could be measured: {figures}."
    found = _told_apart(not_told_apart(board), len(others))
    return f"{first} is the best of {len(board.order)} on validation: {figures}, {found}."


def _told_apart(alike: Sequence[str], others: int) -> str:
    if not alike:
        return "shown to be better than every other"
    if len(alike) == others:
        return "but it cannot be told apart from any other" if others > 1 else f"but not told apart from {alike[0]}"
    return f"not told apart from {', '.join(alike)}, and better than the others"


def _notes(case: BaseCase, best: ReadyBase) -> list[str]:
    command = command_to_test(case.domain, {**_chosen(best), **_changed(case.domain, best)})
    notes = [OPTIMISTIC.format(count=len(case.ready), command=command)]
    for name, values in unlike_settings(case.ready).items():
        shown = ", ".join(f"{key} {value}" for key, value in values.items())
        notes.append(f"not only the base differs: {name} was {shown}")
    notes += [f"{each.key} is not among them: {each.why}" for each in case.missing]
    return notes


def _chosen(base: ReadyBase) -> dict[str, str]:
    return {name: value for name, value in base.choice.settings.items() if value is not None}


def _changed(domain: EmbeddingDomain, base: ReadyBase) -> dict[str, str]:
    """The settings that a base was trained with and that are not those of the domain's file and preset."""
    written = EmbeddingDomain.load(domain.file)
    written = written.with_preset(domain.preset) if domain.preset else written
    own, used = written.training.model_dump(mode="json"), base.manifest["settings"]
    changed = {name: used[name] for name in own if name in used and used[name] != own[name]}
    changed = {name: value for name, value in changed.items() if name not in NOT_IN_VERSION}
    return {f"training.{name}": "null" if value is None else str(value) for name, value in changed.items()}

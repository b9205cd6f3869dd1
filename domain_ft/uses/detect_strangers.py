"""Which queries a domain's model was not made for: a detector fitted on its own queries, measured, and published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from domain_ft.domain import EmbeddingDomain
from domain_ft.domains import DEFS_FOLDER, all_domains
from domain_ft.newest import newest_raw
from domain_ft.progress import Progress, silent
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import (
    is_sound,
    point,
    pointed,
    publish_folder,
    read_content,
    read_manifest,
    write_json,
)
from domain_ft.training.lease import hold
from domain_ft.uses.stranger_queries import own_queries, strange_queries
from domain_ft.uses.used_model import UsedModel, model_in_use

if TYPE_CHECKING:
    from domain_ft.out_of_distribution.detector import Detector

DETECTOR_VERSION = 3
"""Raised when the same detector is to be published again: with other figures, or in another form."""
TRIAL = "a trial: queries are not scored by it; write the settings into the domain's file where they are to be"
CONTENT, REPORT, MARKDOWN = "out_of_distribution.json", "report.html", "report.md"
DISTANCE, VALIDATION = "distance.npz", "validation_scores.npy"


@dataclass(frozen=True)
class StrangersResult:
    """A published detector."""

    path: Path
    report: Path
    digest: str
    reused: bool
    headline: str
    content: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft strangers --json`, where no query is asked about."""
        keys = ("method", "threshold", "queries", "false_positive_rate", "separations", "tried", "model", "dataset")
        return {
            "path": str(self.path),
            "report": str(self.report),
            "digest": self.digest,
            "reused": self.reused,
            "headline": self.headline,
            **{key: self.content[key] for key in keys},
            "notes": list(self.notes),
        }


def detect_strangers(
    domain: EmbeddingDomain,
    home: Home,
    *,
    used: UsedModel | None = None,
    trial: bool = False,
    progress: Progress = silent,
    provenance: Mapping[str, str] | None = None,
    defs: Path = DEFS_FOLDER,
) -> StrangersResult:
    """Fit a detector on the newest dataset with the model in use (or `used`), measure it, and publish what came of it.

    A `trial` is published, and queries are still scored by what was there before. InputError where there is no dataset
    yet; NothingToJudgeError where it has too few queries. Two processes that ask at once make it once. `defs`: where
    the other domains are.
    """
    from domain_ft.datasets import current_dataset

    dataset = current_dataset(home, domain.name)
    used = used or model_in_use(domain, home)
    others = list(_others(domain, home, defs))
    settings, benchmark = domain.out_of_distribution, domain.benchmark
    version = [DETECTOR_VERSION, read_manifest(dataset)["digest"], used.identity, settings.model_dump(mode="json")]
    raws = {other.name: newest_raw(other, home).name for other in others}
    digest = short(sha256_json([*version, raws, benchmark.resamples, benchmark.confidence]))
    target = home.out_of_distribution(domain.name) / digest
    with hold(
        home.lock(f"strangers-{domain.name}"),
        f"the detector of {domain.name}",
        "makes it",
        on_wait=lambda sentence: progress(sentence, 0),
    ):
        reused = is_sound(target)
        if not reused:
            _publish(domain, home, used, dataset, others, target, progress, provenance or {})
        if not trial:
            point(home.out_of_distribution(domain.name) / "current", digest)
    content = read_content(target, CONTENT, f"run domain-ft strangers {domain.name} again")
    notes = (*filter(None, [used.note, TRIAL if trial else None]), *content["notes"])
    return StrangersResult(target, target / REPORT, digest, reused, content["headline"], content, notes)


def _others(domain: EmbeddingDomain, home: Home, defs: Path) -> Iterator[EmbeddingDomain]:
    """The other embedding domains for which something has landed."""
    for other in all_domains(defs):
        is_other = isinstance(other, EmbeddingDomain) and other.name != domain.name
        if is_other and pointed(home.raw(other.name) / "current") is not None:
            yield cast(EmbeddingDomain, other)


def _publish(
    domain: EmbeddingDomain,
    home: Home,
    used: UsedModel,
    dataset: Path,
    others: Sequence[EmbeddingDomain],
    target: Path,
    progress: Progress,
    provenance: Mapping[str, str],
) -> None:
    from domain_ft.evaluation.provenance import run_provenance
    from domain_ft.evaluation.statistics import Resampling
    from domain_ft.out_of_distribution.detector import fit_detector, histograms
    from domain_ft.out_of_distribution.report import render_html, render_markdown

    settings, benchmark = domain.out_of_distribution, domain.benchmark
    own, known, excluded = own_queries(domain, home, used, dataset, progress)
    strangers = strange_queries(domain, home, used, others, known, progress)
    progress("compare", 0)
    resampling = Resampling(benchmark.resamples, benchmark.confidence, settings.seed)
    found = fit_detector(own, strangers, settings, resampling)
    absent = () if others else ("no other domain has landed here: everyday sentences are the only strangers",)
    content = {
        "kind": "out_of_distribution",
        "version": DETECTOR_VERSION,
        "digest": target.name,
        "domain": domain.name,
        "model": {"name": used.name, "kind": used.kind, "identity": used.identity},
        "dataset": dataset.name,
        "method": found.distance.name,
        "threshold": found.threshold,
        "queries": {
            "train": len(own.train),
            "validation": len(own.validation.vectors),
            "test": len(own.test.vectors),
        },
        "excluded": excluded,
        "strangers": {name: len(each.test.vectors) for name, each in strangers.items()},
        "false_positive_rate": asdict(found.false_positive_rate) if found.false_positive_rate else None,
        "separations": {name: each.as_json() for name, each in found.separations.items()},
        "tried": {name: dict(areas) for name, areas in found.tried.items()},
        "histograms": histograms(found.test_scores),
        "headline": _headline(domain, found),
        "settings": settings.model_dump(mode="json"),
        "confidence": benchmark.confidence,
        "notes": [*found.notes, *_learned(excluded), *absent],
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "provenance": run_provenance(provenance),
    }  # fmt: skip

    def write(folder: Path) -> dict[str, Any]:
        write_json(folder / CONTENT, content)
        (folder / REPORT).write_text(render_html(content), encoding="utf-8")
        (folder / MARKDOWN).write_text(render_markdown(content), encoding="utf-8")
        found.distance.save(folder / DISTANCE)
        np.save(folder / VALIDATION, found.validation_scores)
        return {key: content[key] for key in ("kind", "digest", "created_at", "headline", "model", "dataset")}

    publish_folder(target, write)


def _learned(excluded: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """That units are left out, where some are."""
    there = {split: sum(reasons.values()) for split, reasons in excluded.items()}
    counts = " and ".join(f"{count:,} of the {split} split" for split, count in there.items() if count)
    return (f"left out, for the model has learned from them: {counts} (pairs or builds)",) if counts else ()


def _headline(domain: EmbeddingDomain, found: "Detector") -> str:
    rate = found.false_positive_rate
    said = f"{rate.mean:.1%} of its own test queries are taken for strangers" if rate else "no own test query"
    caught = ", ".join(
        f"{each.caught:.0%} of {name.replace('_', ' ')} (AUC {each.auc.mean:.3f})"
        for name, each in found.separations.items()
    )
    return f"{domain.name}: {said}; caught are {caught or 'none, for there are no strangers to try it on'}"

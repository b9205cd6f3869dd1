"""The index of a domain's passages: made with the model in use, made again when the model or the passages are others,
and asked."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from domain_ft.domain import EmbeddingDomain
from domain_ft.errors import DomainFtError
from domain_ft.passage_index.build import Built, build_table
from domain_ft.passage_index.fuse import PLAIN
from domain_ft.passage_index.passage_table import PassageTable
from domain_ft.passage_index.regressions import regression_notes
from domain_ft.passage_index.report import render_index_report
from domain_ft.progress import Progress, silent
from domain_ft.store.digests import sha256_json, short
from domain_ft.store.home import Home
from domain_ft.store.publish import (
    is_sound,
    point,
    pointed,
    publish_folder,
    read_manifest,
    sweep_unfinished,
    verify_folder,
)
from domain_ft.store.vectors import FloatArray
from domain_ft.training.lease import hold
from domain_ft.uses.domain_texts import DomainTexts, domain_texts
from domain_ft.uses.judge_index import (
    Content,
    IndexCase,
    chosen_weight,
    dataset_to_judge_on,
    judge_index,
    model_of_index,
    require_passages,
    undecided_note,
)
from domain_ft.uses.used_model import Device, UsedModel, model_in_use

INDEX_VERSION = 1
"""Raised when the same passages and model are to be indexed again in another form."""
TRIAL = "a trial: nothing is searched in it; write the settings into the domain's file where it is to be the index"
REPORT = "report.md"


@dataclass(frozen=True)
class IndexResult:
    """A published index."""

    path: Path
    manifest: Mapping[str, Any]
    reused: bool
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return self.path.name

    @property
    def complete(self) -> bool:
        """Whether every passage stands in it."""
        return bool(self.manifest["rows"] == self.manifest["passages"])

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft index --json`."""
        keys = (
            "model", "raw", "passages", "rows", "dimension", "nearest", "recall_at_10", "minimum_recall",
            "vector_weight", "weight_chosen", "judged", "seconds", "library",
        )  # fmt: skip
        return {
            "path": str(self.path),
            "report": str(self.path / REPORT),
            "digest": self.digest,
            "reused": self.reused,
            **{key: self.manifest[key] for key in keys},
            "notes": [*self.notes, *self.manifest["notes"]],
        }


def index_passages(
    domain: EmbeddingDomain, home: Home, *, trial: bool = False, progress: Progress = silent
) -> IndexResult:
    """Index the newest passages with the model in use, unless that index is there already.

    A `trial` is published, and searches go on with the index of before. InputError where nothing has landed, or
    nothing with a text. Two processes that index at once do it once.
    """
    device = Device(f"indexes the passages of {domain.name}", progress)
    model, texts = model_in_use(domain, home, device), domain_texts(domain, home)
    require_passages(texts.passages, domain.name)
    verify_folder(texts.raw)
    dataset = dataset_to_judge_on(domain, home)
    digest = _digest(domain, model, texts, dataset)
    parent = home.indexes(domain.name)
    target = parent / digest
    with hold(
        home.lock(f"index-{domain.name}"),
        f"the index of {domain.name}",
        "makes it",
        on_wait=lambda sentence: progress(sentence, 0),
    ):
        sweep_unfinished(parent)
        reused = is_sound(target)
        if not reused:
            _Making(domain, home, model, texts, dataset, device).publish(target)
        if not trial:
            point(parent / "current", digest)
    notes = tuple(filter(None, (model.note, TRIAL if trial else None)))
    return IndexResult(target, read_manifest(target), reused, notes)


def _digest(domain: EmbeddingDomain, model: UsedModel, texts: DomainTexts, dataset: Path | None) -> str:
    """Equal for equal passages, model and settings, and equal queries to choose the hybrid's weight on."""
    chosen_on = dataset.name if dataset is not None else None
    settings = domain.index.model_dump(mode="json")
    return short(sha256_json([INDEX_VERSION, texts.raw.name, model.identity, chosen_on, settings]))


@dataclass(frozen=True)
class _Making:
    """An index in the making."""

    domain: EmbeddingDomain
    home: Home
    model: UsedModel
    texts: DomainTexts
    dataset: Path | None
    device: Device

    def publish(self, target: Path) -> None:
        publish_folder(target, self._write)

    def _write(self, folder: Path) -> dict[str, Any]:
        started = time.perf_counter()
        settings, passages = self.domain.index, self.texts.passages
        built = build_table(
            folder, passages, self.model.encode_passages, self._tried_queries(), settings, self.device.progress
        )
        table = PassageTable(folder)
        judged = self._judged(table)
        entries = {
            "kind": "index",
            "domain": self.domain.name,
            "model": {
                "name": self.model.name,
                "kind": self.model.kind,
                "identity": self.model.identity,
                "cache": self.model.cache.name,
            },
            "raw": self.texts.raw.name,
            "dataset": self.dataset.name if self.dataset is not None else None,
            "passages": len(passages),
            "rows": table.size,
            **built.as_entries(),
            "minimum_recall": settings.minimum_recall,
            "settings": settings.model_dump(mode="json"),
            **judged,
            "notes": [*built.notes, *judged["notes"]],
            "library": f"lancedb {version('lancedb')}",
        }
        entries["seconds"] = _seconds(built, time.perf_counter() - started)
        (folder / REPORT).write_text(render_index_report(entries), encoding="utf-8")
        return entries

    def _tried_queries(self) -> FloatArray:
        """What recall is measured on: queries of the domain spread over all of them, or passages where it has none."""
        texts, most = self.texts.queries, self.domain.index.recall_queries
        if not texts:
            return self.model.encode_passages(spread(self.texts.passages["text"].to_list(), most))
        return self.model.encode_queries(spread(texts, most))

    def _judged(self, table: PassageTable) -> Content:
        """The hybrid's weight, and what the index finds on held-out queries; an index is one without them, too."""
        own, notes = self.domain.index.vector_weight, list[str]()
        weight, chosen, judged = PLAIN if own is None else own, None, None
        if self.dataset is None:
            notes.append(
                f"not judged: there is no dataset yet whose queries are held out; run domain-ft dataset "
                f"{self.domain.name}"
            )
            return {"vector_weight": weight, "weight_chosen": None, "judged": None, "notes": notes}
        previous, previous_weight, note = self._previous()
        case = IndexCase(
            self.domain, self.home, self.dataset, self.texts.passages, table, self.model, previous, previous_weight,
            self.device.progress,
        )  # fmt: skip
        notes += [note] if note else []
        try:
            if own is None:
                weight, chosen, note = chosen_weight(case)
                notes += [note] if note else []
            judged = judge_index(case, weight)
            notes += [] if judged else ["not judged: no query of the test split is left that no model has learned from"]
            notes += [*undecided_note(case, judged), *regression_notes(judged)]
        except DomainFtError as error:
            notes.append(f"not judged: {error}")
        return {"vector_weight": weight, "weight_chosen": chosen, "judged": judged, "notes": notes}

    def _previous(self) -> tuple[UsedModel | None, float, str | None]:
        """The model of the index in use, where it is another, and that index's weight; or why it is not compared."""
        current = pointed(self.home.indexes(self.domain.name) / "current")
        if current is None:
            return None, PLAIN, None
        try:
            manifest = read_manifest(current)
            named, weight = manifest["model"], float(manifest["vector_weight"])
        except (DomainFtError, KeyError, TypeError, ValueError):
            return None, PLAIN, "not compared with the index before: its manifest cannot be read"
        if named["identity"] == self.model.identity:
            return None, PLAIN, None
        model, gone = model_of_index(self.domain, self.home, named, self.device)
        return model, weight, gone


def spread(texts: Sequence[str], most: int) -> list[str]:
    """At most so many of the texts, as far from each other in their order as can be."""
    count = min(most, len(texts))
    return [texts[place * len(texts) // count] for place in range(count)]


def _seconds(built: Built, total: float) -> dict[str, float]:
    return {name: round(value, 3) for name, value in {**built.seconds, "total": total}.items()}

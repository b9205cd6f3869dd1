"""Which bases of a domain can be compared now, and why the others cannot."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain_ft.bases.record import BaseRecord, read_record
from domain_ft.domain import EmbeddingDomain
from domain_ft.embedding.base_choice import BaseChoice
from domain_ft.embedding.version import NOT_IN_VERSION
from domain_ft.store.home import Home
from domain_ft.store.publish import is_published, read_manifest


@dataclass(frozen=True)
class ReadyBase:
    """A base whose model and benchmark are there."""

    choice: BaseChoice
    model: Path
    benchmark: Path
    manifest: dict[str, Any]


@dataclass(frozen=True)
class MissingBase:
    """A base that cannot be compared, and why."""

    key: str
    base: str
    why: str


def take_stock(domain: EmbeddingDomain, home: Home, dataset: Path) -> tuple[list[ReadyBase], list[MissingBase]]:
    """The bases that were tuned on a dataset and judged, in the order of the YAML, and the others."""
    ready, missing = [], []
    for choice in domain.bases:
        record = read_record(home.bases(domain.name) / choice.key)
        found = _ready(choice, record, home, domain.name, dataset)
        if isinstance(found, ReadyBase):
            ready.append(found)
        else:
            missing.append(MissingBase(choice.key, str(choice), found))
    return ready, missing


def _ready(choice: BaseChoice, record: BaseRecord | None, home: Home, domain: str, dataset: Path) -> ReadyBase | str:
    """The base, or why it is not ready."""
    if record is None or record.base != str(choice):
        return "not trained yet"
    if record.dataset != dataset.name:
        return f"trained on dataset {record.dataset}, not on {dataset.name}"
    model = home.models(domain) / record.version
    if record.benchmark is None:
        return "trained, but not judged yet"
    benchmark = home.benchmarks(domain) / record.benchmark
    if not is_published(model) or not is_published(benchmark):
        return "its model or its benchmark was removed"
    return ReadyBase(choice, model, benchmark, read_manifest(model))


def unlike_settings(ready: Sequence[ReadyBase]) -> dict[str, dict[str, Any]]:
    """The training settings in which bases differ: setting -> key -> value. Then more than the base was varied."""
    rows = {each.choice.key: {**each.manifest["settings"], "precision": each.manifest["precision"]} for each in ready}
    names = {name for row in rows.values() for name in row} - (NOT_IN_VERSION - {"precision"})
    varied = {name: {key: row.get(name) for key, row in rows.items()} for name in sorted(names)}
    return {name: values for name, values in varied.items() if len({repr(value) for value in values.values()}) > 1}

"""Removing what the plan names, one domain at a time and under its registry's lock: no alias moves meanwhile."""

import os
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from domain_ft.amounts import gigabytes
from domain_ft.registry.aliases import Standing, standing_held
from domain_ft.registry.versions import BENCHMARK_TAG
from domain_ft.retention.inventory import take_inventory
from domain_ft.retention.plan import Kind, Known, Planned, plan_removals
from domain_ft.store.home import Home
from domain_ft.store.publish import remove_folder

NAMES: dict[Kind, tuple[str, str]] = {
    "run": ("run note", "run notes"),
    "sweep": ("sweep note", "sweep notes"),
    "base": ("note of a base", "notes of bases"),
    "comparison": ("comparison of bases", "comparisons of bases"),
    "leaderboard": ("leaderboard", "leaderboards"),
    "prioritization": ("prioritization", "prioritizations"),
    "index": ("index of passages", "indexes of passages"),
    "detector": ("detector of strangers", "detectors of strangers"),
    "asking": ("set of answers cut short", "sets of answers cut short"),
    "survey": ("survey of a model", "surveys of models"),
    "export": ("exported model", "exported models"),
    "work": ("work folder", "work folders"),
    "benchmark": ("benchmark", "benchmarks"),
    "answers": ("set of answers", "sets of answers"),
    "prompt": ("searched prompt", "searched prompts"),
    "model": ("model", "models"),
    "dataset": ("dataset", "datasets"),
    "audit": ("audit", "audits"),
    "raw": ("raw version", "raw versions"),
    "cache": ("cache", "caches"),
    "prefix": ("cache of frozen layers", "caches of frozen layers"),
    "mined": ("cache of hard negatives", "caches of hard negatives"),
    "starter": ("starter model", "starter models"),
    "starter_work": ("work folder of a starter model", "work folders of starter models"),
    "recording": ("recording of a project", "recordings of projects"),
    "unfinished": ("unfinished folder", "unfinished folders"),
}


@dataclass(frozen=True)
class Removal:
    """A folder that went, or would go."""

    path: Path
    kind: Kind
    bytes: int
    why: str


@dataclass(frozen=True)
class CleanResult:
    """What went, or with `dry_run` would go."""

    removed: tuple[Removal, ...]
    notes: tuple[str, ...]
    dry_run: bool

    @property
    def bytes(self) -> int:
        """Bytes of all files in it."""
        return sum(removal.bytes for removal in self.removed)

    def sentence(self) -> str | None:
        """What went, in a few words; None where nothing did."""
        counts = Counter(removal.kind for removal in self.removed)
        if not counts:
            return None
        named = ", ".join(f"{count} {NAMES[kind][count != 1]}" for kind, count in counts.items())
        done = "would remove" if self.dry_run else "removed"
        return f"{done} what nothing needs any more: {named}; {gigabytes(self.bytes)}"

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft clean --json`."""
        removed = [{**asdict(removal), "path": str(removal.path)} for removal in self.removed]
        figures = {"bytes": self.bytes, "dry_run": self.dry_run}
        return {"removed": removed, **figures, "sentence": self.sentence(), "notes": list(self.notes)}


def clean_domain(
    home: Home,
    domain: str,
    keep_versions: int,
    bases: Sequence[str] = (),
    *,
    dry_run: bool = False,
    now: float | None = None,
) -> CleanResult:
    """Remove, or with `dry_run` name, what nobody needs of a domain; versions stay in MLflow without their folders.

    `bases` are the keys of the base models that the domain compares: the newest model of each stays.
    Without MLflow's word on who is champion no model and no benchmark goes. What cannot be removed is named in the
    notes; nothing else is held up by it.
    """
    now = time.time() if now is None else now
    with standing_held(home, domain) as (standing, fault):
        notes = [f"models and benchmarks of {domain} stay: {fault}"] if fault else []
        known = _known(standing) if standing else None
        plan = plan_removals(take_inventory(home, domain, now, bases), known, keep_versions=keep_versions, now=now)
        removals = []
        for planned in plan:
            removal = Removal(planned.thing.path, planned.thing.kind, _size(planned.thing.path), planned.why)
            refusal = None if dry_run else _remove(planned)
            if refusal:
                notes.append(f"{removal.path} stays: {refusal}")
            else:
                removals.append(removal)
    return CleanResult(tuple(removals), tuple(notes), dry_run)


def together(results: Iterable[CleanResult], *, dry_run: bool) -> CleanResult:
    """The results of several domains as one; what they share is named once."""
    each = list(results)
    removed = {removal.path: removal for result in each for removal in result.removed}
    return CleanResult(tuple(removed.values()), tuple(note for result in each for note in result.notes), dry_run)


def _known(standing: Standing) -> Known:
    return Known(
        standing.aliased | ({standing.previous} if standing.previous else set()),
        frozenset(each.version for each in standing.versions),
        {each.version: each.tags[BENCHMARK_TAG] for each in standing.versions if BENCHMARK_TAG in each.tags},
    )


def _remove(planned: Planned) -> str | None:
    """Remove a folder; returns why it could not be. A work folder goes under its lock."""
    path, lock = planned.thing.path, planned.thing.lock
    held = FileLock(lock, timeout=0) if lock else nullcontext()
    try:
        with held:
            remove_folder(path)
    except Timeout:
        return "a process has begun to use it"
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{error.strerror or error}"
    return None


def _size(folder: Path) -> int:
    """Bytes of the files in a folder; links are not followed."""
    total = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            try:
                total += (Path(parent) / name).lstat().st_size
            except FileNotFoundError:
                continue
    return total

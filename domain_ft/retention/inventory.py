"""What lies on disk for a domain, as the plan sees it: folders, their age, and what each was made from.

Landing, quarantine, and the stores of MLflow and Dagster are not looked at, so they can never go. What lies behind a
link is looked at, for it may refer to something, and is never to be touched.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from filelock import FileLock, Timeout

from domain_ft.bases.record import BaseRecord, read_record
from domain_ft.embedding.job import PREFIX_NOTE
from domain_ft.errors import DomainFtError
from domain_ft.judge import embedding_caches
from domain_ft.model_folders.digest import model_digest
from domain_ft.recording.copies import left_behind
from domain_ft.registry.owed import owed
from domain_ft.retention.plan import ABANDONED_S, SETTLING, Inventory, Kind, Node, Thing
from domain_ft.starter_lm.recipe import Size, recipe_of
from domain_ft.store.digests import short
from domain_ft.store.done import EVERY_STAGE
from domain_ft.store.home import Home
from domain_ft.store.publish import MANIFEST, REMOVED, UNFINISHED, is_published, pointed, read_manifest
from domain_ft.training.job import JOB_FILE, LOCK_FILE

POINTERS = ("current", "champion")
SWEEP_FILE, LEADERBOARD = "sweep.json", "leaderboard.json"
MADE = "made"
"""Key in a sweep's file: `[kind, name]` of all that it has published."""
RUN_UNDER_WAY_S = 86400
"""What an unfinished Dagster run of the last day has published is in use: its next step may wait for the device."""
LAST_STAGE = EVERY_STAGE[-1]
"""A run that has come to it is at its end."""


def take_inventory(home: Home, domain: str, now: float, bases: Sequence[str] = ()) -> Inventory:
    """Everything that retention looks at: the domain's own folders, and the caches and notes of the state root.

    `bases` are the keys of the base models that the domain compares.
    """
    published = tuple(_published(home, domain))
    things = (
        *published,
        *_trainings(home, domain, now, {thing.name for thing in published if thing.kind == "model"}),
        *_sweeps(home, domain),
        *_askings(home, domain),
        *_bases(home, domain),
        *_exports(home, domain),
        *_caches(home),
        *_of_texts("prefix", home.frozen_prefixes(domain), home),
        *_of_texts("mined", home.hard_negatives(domain), home),
        *_runs(home, published, now),
        *_starters(home),
        *_works("starter_work", home.starter_lm_works, home.starter_lm_lock, home, now),
        *_works("recording", home.recordings, home.recording_lock, home, now),
        *_unfinished(home, domain),
    )
    compared: set[Node] = {("base", key) for key in bases}
    return Inventory(things, frozenset(compared.union(_roots(home, domain))))


def sweep_made(folder: Path) -> list[Node]:
    """What a sweep has noted as published so far."""
    return [(kind, name) for kind, name in _json(folder / SWEEP_FILE).get(MADE, [])]


def is_locked(lock: Path) -> bool:
    """Whether a process holds a lock file."""
    if not lock.exists():
        return False
    try:
        with FileLock(lock, timeout=0):
            return False
    except (Timeout, OSError):
        return True


def _stages(home: Home, domain: str) -> list[tuple[Kind, Path]]:
    """Where the things of each kind are published."""
    return [
        ("raw", home.raw(domain)),
        ("dataset", home.triplets(domain)),
        ("dataset", home.fixed(domain)),
        ("audit", home.audits(domain)),
        ("model", home.models(domain)),
        ("benchmark", home.benchmarks(domain)),
        ("comparison", home.base_comparisons(domain)),
        ("leaderboard", home.surveys(domain)),
        ("prioritization", home.prioritizations(domain)),
        ("index", home.indexes(domain)),
        ("detector", home.out_of_distribution(domain)),
        ("survey", home.model_surveys(domain)),
        ("answers", home.answers(domain)),
        ("prompt", home.prompts(domain)),
    ]


def _published(home: Home, domain: str) -> Iterator[Thing]:
    for kind, parent in _stages(home, domain):
        for folder in _folders(parent):
            manifest = _manifest(folder)
            if manifest is None:
                continue
            candidate = manifest.get("models", {}).get("candidate", {}).get("version")
            yield Thing(
                kind,
                folder.name,
                folder,
                _published_at(kind, folder),
                frozenset(_origins(kind, folder, manifest, candidate)),
                model=candidate,
                split=manifest.get("split"),
                fixed=_is_fixed(home, folder),
            )


def _published_at(kind: Kind, folder: Path) -> float:
    """Models are told apart by when they were written; of data counts when it appeared, before it is pointed to."""
    written = (folder / MANIFEST).stat().st_mtime
    return max(written, folder.stat().st_ctime) if kind in SETTLING else written


def _origins(kind: Kind, folder: Path, manifest: dict[str, Any], candidate: str | None) -> Iterator[Node]:
    """What a published folder was made from, what judges it, and what remembers its embeddings."""
    if kind == "model":
        yield from _computed_with(folder, manifest)
    if kind == "benchmark":
        yield from (("answers", str(name)) for name in manifest.get("answers", []))
        if candidate:
            yield "model", candidate
    if kind == "index":
        yield "cache", str(manifest["model"]["cache"]).rpartition("-")[0]
    if kind == "leaderboard":
        yield from (("survey", str(each["digest"])) for each in _json(folder / LEADERBOARD).get("results", []))
    for origin in ("dataset", "raw"):
        if isinstance(manifest.get(origin), str):
            yield origin, manifest[origin]  # type: ignore[misc]


def _computed_with(model: Path, manifest: dict[str, Any]) -> Iterator[Node]:
    """The caches of a model's embeddings and of its base's, and the base itself where it is a starter."""
    yield "cache", short(model_digest(model))
    yield from _of_base(manifest.get("base_sha256"))


def _of_base(sha256: Any) -> Iterator[Node]:
    yield "cache", short(str(sha256))
    yield "starter", str(sha256)


def _trainings(home: Home, domain: str, now: float, published: set[str]) -> Iterator[Thing]:
    """Work folders; a lock is tried only where the folder might go, so that no training ever finds it taken."""
    for folder in _folders(home.trainings(domain)):
        changed = _last_change(folder)
        might_go = folder.name in published or now - changed >= ABANDONED_S
        yield Thing(
            "work",
            folder.name,
            folder,
            changed,
            frozenset(_job_origins(folder)),
            model=folder.name,
            lock=folder / LOCK_FILE,
            busy=might_go and is_locked(folder / LOCK_FILE),
            fixed=_is_fixed(home, folder),
        )


def _job_origins(work: Path) -> Iterator[Node]:
    job = _json(work / JOB_FILE)
    yield "model", work.name
    for origin in ("dataset", "raw"):
        if isinstance(job.get(origin), str):
            yield origin, Path(job[origin]).name  # type: ignore[misc]
    yield "prefix", str(_json(work / PREFIX_NOTE).get("cache"))
    if isinstance(job.get("base"), dict):
        yield from _of_base(job["base"].get("sha256"))


def _sweeps(home: Home, domain: str) -> Iterator[Thing]:
    """Sweeps that have not come to their end, with what they have made so far."""
    for folder in _folders(home.sweeps(domain)):
        made = frozenset(sweep_made(folder))
        yield Thing("sweep", folder.name, folder, _last_change(folder), made, fixed=_is_fixed(home, folder))


def _askings(home: Home, domain: str) -> Iterator[Thing]:
    """What models have answered in surveys, benchmarks and searches for prompts that have not come to their end."""
    for folder in _folders(home.answering(domain)):
        yield Thing("asking", folder.name, folder, _last_change(folder), fixed=_is_fixed(home, folder))


def _bases(home: Home, domain: str) -> Iterator[Thing]:
    """What each base model of a comparison has come to: its newest model, and that one's benchmark."""
    for folder in _folders(home.bases(domain)):
        made = frozenset(_made_from(read_record(folder)))
        yield Thing("base", folder.name, folder, _last_change(folder), made, fixed=_is_fixed(home, folder))


def _exports(home: Home, domain: str) -> Iterator[Thing]:
    """Exported models."""
    for folder in _folders(home.exports(domain)):
        manifest = _manifest(folder)
        if manifest is not None:
            changed, version = _last_change(folder), str(manifest.get("version"))
            yield Thing("export", folder.name, folder, changed, model=version, fixed=_is_fixed(home, folder))


def _made_from(record: BaseRecord | None) -> Iterator[Node]:
    if record is not None:
        yield "model", record.version
        if record.benchmark is not None:
            yield "benchmark", record.benchmark


def _caches(home: Home) -> Iterator[Thing]:
    """Caches of embeddings; all that belong to one model, whatever the length of its texts, bear one name here."""
    for folder in _folders(embedding_caches(home)):
        digest, _, length = folder.name.rpartition("-")
        if digest and length.isdigit():
            yield Thing("cache", digest, folder, _last_change(folder), fixed=_is_fixed(home, folder))


def _starters(home: Home) -> Iterator[Thing]:
    """Starter base models, by what they compute with, as those that are made for them name them."""
    for folder in _folders(home.starter_lms):
        if _manifest(folder) is not None:
            changed = _published_at("starter", folder)
            yield Thing("starter", model_digest(folder), folder, changed, fixed=_is_fixed(home, folder))


def _works(kind: Kind, works: Path, lock_of: Callable[[str], Path], home: Home, now: float) -> Iterator[Thing]:
    """What is left of making starters, or of recordings; as with trainings, a lock is tried only where it might go."""
    for folder in _folders(works):
        changed, lock = _last_change(folder), lock_of(folder.name)
        busy = now - changed >= ABANDONED_S and is_locked(lock)
        yield Thing(kind, folder.name, folder, changed, lock=lock, busy=busy, fixed=_is_fixed(home, folder))


def _of_texts(kind: Kind, caches: Path, home: Home) -> Iterator[Thing]:
    """Caches of what was computed of the domain's training texts: by frozen layers, or in mining negatives."""
    for folder in _folders(caches):
        yield Thing(kind, folder.name, folder, _last_change(folder), fixed=_is_fixed(home, folder))


def _runs(home: Home, published: Iterable[Thing], now: float) -> Iterator[Thing]:
    """The notes of Dagster runs; a run that may still go on cannot do without what it has published."""
    nodes = {thing.path: thing.node for thing in published}
    for folder in _folders(home.runs):
        changed, notes = _last_change(folder), list(folder.glob("*.json"))
        at_its_end = any(note.stem.rpartition("-")[2] == LAST_STAGE for note in notes)
        under_way = now - changed < RUN_UNDER_WAY_S and not at_its_end
        made = [nodes.get(Path(str(_json(note).get("path")))) for note in notes] if under_way else []
        refers = frozenset(node for node in made if node is not None)
        yield Thing("run", folder.name, folder, changed, refers, fixed=_is_fixed(home, folder))


def _unfinished(home: Home, domain: str) -> Iterator[Thing]:
    """Hidden folders of publications and removals that were cut short, or that are going on now."""
    stages = [parent for _, parent in _stages(home, domain)]
    of_work = (home.trainings(domain), home.sweeps(domain), home.answering(domain))
    of_models = (home.bases(domain), home.exports(domain), home.starter_lms, home.starter_lm_works)
    caches = (home.frozen_prefixes(domain), home.hard_negatives(domain), embedding_caches(home))
    for parent in (*stages, *of_work, *of_models, *caches, home.runs, home.recordings):
        abandoned = set(left_behind(parent)) if parent == home.recordings else set()
        for folder in _folders(parent, hidden=True):
            if folder.name.startswith((UNFINISHED, REMOVED)) or folder in abandoned:
                yield Thing("unfinished", folder.name, folder, _last_change(folder), fixed=_is_fixed(home, folder))


def _roots(home: Home, domain: str) -> Iterator[Node]:
    """What is pointed to, what MLflow is owed, the starters of today, and what other domains' models need of all."""
    for kind, parent in _stages(home, domain):
        for target in (pointed(parent / name) for name in POINTERS):
            if target is not None:
                yield kind, target.name
    for debt in owed(home, domain):
        yield ("model" if debt.kind == "training" else "benchmark"), debt.name
    for size in get_args(Size):
        starter = home.starter_lm(recipe_of(size).digest)
        if _manifest(starter) is not None:
            yield "starter", model_digest(starter)
    for other in _folders(home.models(domain).parent):
        for model in _folders(other) if other.name != domain else ():
            manifest = _manifest(model)
            if manifest is not None:
                yield from _computed_with(model, manifest)
    for others in _folders(home.trainings(domain).parent):
        for work in _folders(others) if others.name != domain else ():
            yield from (node for node in _job_origins(work) if node[0] == "starter")


def _folders(parent: Path, *, hidden: bool = False) -> list[Path]:
    """The folders in a folder, hidden ones or the others, but for the pointers to those beside them."""
    if not parent.is_dir():
        return []
    found = sorted(path for path in parent.iterdir() if path.name.startswith(".") == hidden and path.is_dir())
    return [path for path in found if not (path.is_symlink() and path.resolve().parent == parent.resolve())]


def _is_fixed(home: Home, folder: Path) -> bool:
    """Whether a folder lies behind a link anywhere between the state root and itself."""
    return folder.resolve() != home.root.resolve() / folder.relative_to(home.root)


def _last_change(folder: Path) -> float:
    """When anything in a folder was last written."""
    newest = folder.stat().st_mtime
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            try:
                newest = max(newest, (Path(parent) / name).lstat().st_mtime)
            except FileNotFoundError:
                continue
    return newest


def _manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a published folder; None for any other folder, which is not ours to judge."""
    try:
        return read_manifest(folder) if is_published(folder) else None
    except DomainFtError:
        return None


def _json(path: Path) -> dict[str, Any]:
    """A note's content; empty where a note is missing or cannot be read."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}

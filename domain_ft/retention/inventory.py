"""What lies on disk for a domain, as the plan sees it: folders, their age, and what each was made from.

Landing, quarantine, and the stores of MLflow and Dagster are not looked at, so they can never go. What lies behind a
link is looked at, for it may refer to something, and is never to be touched.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import get_args

from domain_ft.bases.record import BaseRecord, read_record
from domain_ft.embedding.job import PREFIX_NOTE
from domain_ft.judge import embedding_caches
from domain_ft.model_folders.digest import model_digest
from domain_ft.recording.copies import left_behind
from domain_ft.registry.owed import owed
from domain_ft.retention.on_disk import folders_in, is_fixed, is_locked, last_change, manifest_of, note_in
from domain_ft.retention.plan import ABANDONED_S, Inventory, Kind, Node, Thing
from domain_ft.retention.published import computed_with, of_base, published_at, published_stages, published_things
from domain_ft.starter_lm.recipe import Size, recipe_of
from domain_ft.store.done import EVERY_STAGE
from domain_ft.store.home import Home
from domain_ft.store.publish import REMOVED, UNFINISHED, pointed
from domain_ft.training.job import JOB_FILE, LOCK_FILE

POINTERS = ("current", "champion")
SWEEP_FILE = "sweep.json"
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
    published = tuple(published_things(home, domain))
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
    return [(kind, name) for kind, name in note_in(folder / SWEEP_FILE).get(MADE, [])]


def _trainings(home: Home, domain: str, now: float, published: set[str]) -> Iterator[Thing]:
    """Work folders; a lock is tried only where the folder might go, so that no training ever finds it taken."""
    for folder in folders_in(home.trainings(domain)):
        changed = last_change(folder)
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
            fixed=is_fixed(home, folder),
        )


def _job_origins(work: Path) -> Iterator[Node]:
    job = note_in(work / JOB_FILE)
    yield "model", work.name
    for origin in ("dataset", "raw"):
        if isinstance(job.get(origin), str):
            yield origin, Path(job[origin]).name  # type: ignore[misc]
    yield "prefix", str(note_in(work / PREFIX_NOTE).get("cache"))
    if isinstance(job.get("base"), dict):
        yield from of_base(job["base"].get("sha256"))


def _sweeps(home: Home, domain: str) -> Iterator[Thing]:
    """Sweeps that have not come to their end, with what they have made so far."""
    for folder in folders_in(home.sweeps(domain)):
        made = frozenset(sweep_made(folder))
        yield Thing("sweep", folder.name, folder, last_change(folder), made, fixed=is_fixed(home, folder))


def _askings(home: Home, domain: str) -> Iterator[Thing]:
    """What models have answered in surveys, benchmarks and searches for prompts that have not come to their end."""
    for folder in folders_in(home.answering(domain)):
        yield Thing("asking", folder.name, folder, last_change(folder), fixed=is_fixed(home, folder))


def _bases(home: Home, domain: str) -> Iterator[Thing]:
    """What each base model of a comparison has come to: its newest model, and that one's benchmark."""
    for folder in folders_in(home.bases(domain)):
        made = frozenset(_made_from(read_record(folder)))
        yield Thing("base", folder.name, folder, last_change(folder), made, fixed=is_fixed(home, folder))


def _exports(home: Home, domain: str) -> Iterator[Thing]:
    """Exported models."""
    for folder in folders_in(home.exports(domain)):
        manifest = manifest_of(folder)
        if manifest is not None:
            changed, version = last_change(folder), str(manifest.get("version"))
            yield Thing("export", folder.name, folder, changed, model=version, fixed=is_fixed(home, folder))


def _made_from(record: BaseRecord | None) -> Iterator[Node]:
    if record is not None:
        yield "model", record.version
        if record.benchmark is not None:
            yield "benchmark", record.benchmark


def _caches(home: Home) -> Iterator[Thing]:
    """Caches of embeddings; all that belong to one model, whatever the length of its texts, bear one name here."""
    for folder in folders_in(embedding_caches(home)):
        digest, _, length = folder.name.rpartition("-")
        if digest and length.isdigit():
            yield Thing("cache", digest, folder, last_change(folder), fixed=is_fixed(home, folder))


def _starters(home: Home) -> Iterator[Thing]:
    """Starter base models, by what they compute with, as those that are made for them name them."""
    for folder in folders_in(home.starter_lms):
        if manifest_of(folder) is not None:
            changed = published_at("starter", folder)
            yield Thing("starter", model_digest(folder), folder, changed, fixed=is_fixed(home, folder))


def _works(kind: Kind, works: Path, lock_of: Callable[[str], Path], home: Home, now: float) -> Iterator[Thing]:
    """What is left of making starters, or of recordings; as with trainings, a lock is tried only where it might go."""
    for folder in folders_in(works):
        changed, lock = last_change(folder), lock_of(folder.name)
        busy = now - changed >= ABANDONED_S and is_locked(lock)
        yield Thing(kind, folder.name, folder, changed, lock=lock, busy=busy, fixed=is_fixed(home, folder))


def _of_texts(kind: Kind, caches: Path, home: Home) -> Iterator[Thing]:
    """Caches of what was computed of the domain's training texts: by frozen layers, or in mining negatives."""
    for folder in folders_in(caches):
        yield Thing(kind, folder.name, folder, last_change(folder), fixed=is_fixed(home, folder))


def _runs(home: Home, published: Iterable[Thing], now: float) -> Iterator[Thing]:
    """The notes of Dagster runs; a run that may still go on cannot do without what it has published."""
    nodes = {thing.path: thing.node for thing in published}
    for folder in folders_in(home.runs):
        changed, notes = last_change(folder), list(folder.glob("*.json"))
        at_its_end = any(note.stem.rpartition("-")[2] == LAST_STAGE for note in notes)
        under_way = now - changed < RUN_UNDER_WAY_S and not at_its_end
        made = [nodes.get(Path(str(note_in(note).get("path")))) for note in notes] if under_way else []
        refers = frozenset(node for node in made if node is not None)
        yield Thing("run", folder.name, folder, changed, refers, fixed=is_fixed(home, folder))


def _unfinished(home: Home, domain: str) -> Iterator[Thing]:
    """Hidden folders of publications and removals that were cut short, or that are going on now."""
    stages = [parent for _, parent in published_stages(home, domain)]
    of_work = (home.trainings(domain), home.sweeps(domain), home.answering(domain))
    of_models = (home.bases(domain), home.exports(domain), home.starter_lms, home.starter_lm_works)
    caches = (home.frozen_prefixes(domain), home.hard_negatives(domain), embedding_caches(home))
    for parent in (*stages, *of_work, *of_models, *caches, home.runs, home.recordings):
        abandoned = set(left_behind(parent)) if parent == home.recordings else set()
        for folder in folders_in(parent, hidden=True):
            if folder.name.startswith((UNFINISHED, REMOVED)) or folder in abandoned:
                yield Thing("unfinished", folder.name, folder, last_change(folder), fixed=is_fixed(home, folder))


def _roots(home: Home, domain: str) -> Iterator[Node]:
    """What is pointed to, what MLflow is owed, the starters of today, and what other domains' models need of all."""
    for kind, parent in published_stages(home, domain):
        for target in (pointed(parent / name) for name in POINTERS):
            if target is not None:
                yield kind, target.name
    for debt in owed(home, domain):
        yield ("model" if debt.kind == "training" else "benchmark"), debt.name
    for size in get_args(Size):
        starter = home.starter_lm(recipe_of(size).digest)
        if manifest_of(starter) is not None:
            yield "starter", model_digest(starter)
    for other in folders_in(home.models(domain).parent):
        for model in folders_in(other) if other.name != domain else ():
            manifest = manifest_of(model)
            if manifest is not None:
                yield from computed_with(model, manifest)
    for others in folders_in(home.trainings(domain).parent):
        for work in folders_in(others) if others.name != domain else ():
            yield from (node for node in _job_origins(work) if node[0] == "starter")

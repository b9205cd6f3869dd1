"""Which of the things on disk go: a pure function of an inventory, of who stands where, and of the time.

Rules name what lasts by itself; whatever that refers to lasts with it, and only the rest goes. So nothing that is
kept can ever miss what it was made from.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from domain_ft.store.publish import REMOVED

Kind = Literal[
    "run", "sweep", "asking", "base", "comparison", "leaderboard", "prioritization", "index", "detector", "survey",
    "export", "work", "benchmark", "answers", "prompt", "model", "dataset", "audit", "raw", "cache", "prefix", "mined",
    "starter_work", "starter", "recording", "unfinished",
]  # fmt: skip
ORDER: tuple[Kind, ...] = get_args(Kind)
"""What refers goes before what it refers to: a kill in between leaves nothing that misses its origin."""
Node = tuple[Kind, str]

SETTLING: tuple[Kind, ...] = (
    "dataset",
    "audit",
    "raw",
    "comparison",
    "leaderboard",
    "prioritization",
    "index",
    "detector",
)
SETTLING_S = 60
"""These are published a moment before `current` points to them."""
UNFINISHED_S = 6 * 3600
ABANDONED_S = 14 * 86400
RUN_S = 30 * 86400
CACHE_S = 86400
"""Whoever tries other settings on the same texts does so soon; the next history has other texts."""
_OTHERS_S: Mapping[Kind, float] = {
    "sweep": ABANDONED_S,
    "asking": ABANDONED_S,
    "survey": ABANDONED_S,
    "answers": ABANDONED_S,
    "prompt": ABANDONED_S,
    "starter": ABANDONED_S,
    "run": RUN_S,
    "prefix": CACHE_S,
    "mined": CACHE_S,
}
"""How long these last by themselves."""


@dataclass(frozen=True)
class Thing:
    """One folder on disk, when it last changed (seconds since the epoch), and what it cannot do without."""

    kind: Kind
    name: str
    path: Path
    changed: float
    refers: frozenset[Node] = frozenset()
    model: str | None = None
    """The version that a benchmark judged, that was exported, or that a work folder is for."""
    split: str | None = None
    """The split that a benchmark judged on."""
    lock: Path | None = None
    """What a process holds while it uses it."""
    busy: bool = False
    """Whether a process holds that."""
    fixed: bool = False
    """Whether it must not be touched: it lies behind a link, or outside of the state root."""

    @property
    def node(self) -> Node:
        """How others refer to it."""
        return self.kind, self.name


@dataclass(frozen=True)
class Inventory:
    """What lies on disk for a domain, and what is pointed to, owed to MLflow, or in use by another domain."""

    things: tuple[Thing, ...]
    roots: frozenset[Node]

    def of(self, *kinds: Kind) -> Iterator[Thing]:
        """The things of these kinds."""
        return (thing for thing in self.things if thing.kind in kinds)


@dataclass(frozen=True)
class Known:
    """What MLflow says: the holders of its aliases, all registered versions, and the benchmark that each shows."""

    holders: frozenset[str]
    versions: frozenset[str]
    benchmarks: Mapping[str, str]


@dataclass(frozen=True)
class Planned:
    """A thing that goes, and why."""

    thing: Thing
    why: str


def plan_removals(inventory: Inventory, known: Known | None, *, keep_versions: int, now: float) -> tuple[Planned, ...]:
    """What goes, in the order in which it is to go; without MLflow's word (`known` is None) no model or benchmark."""
    lasting = {thing.node for thing in inventory.things if thing.fixed or _lasts(thing, inventory, now)}
    lasting |= set(_models(inventory, known, keep_versions))
    kept = _with_origins(inventory, inventory.roots | lasting)
    kept = _with_origins(inventory, kept | set(_benchmarks(inventory, known, kept)))
    exports = {export.node for export in inventory.of("export") if ("model", export.model) in kept}
    kept = _with_origins(inventory, kept | exports)
    going = [thing for thing in inventory.things if thing.node not in kept]
    going.sort(key=lambda thing: (ORDER.index(thing.kind), str(thing.path)))
    return tuple(Planned(thing, _why(thing, keep_versions)) for thing in going)


def _lasts(thing: Thing, inventory: Inventory, now: float) -> bool:
    """Whether a thing lasts by itself, by its age or because it is in use."""
    age = now - thing.changed
    if thing.kind in SETTLING:
        return age < SETTLING_S
    if thing.kind == "work":
        published = ("model", thing.model) in {model.node for model in inventory.of("model")}
        return thing.busy or (not published and age < ABANDONED_S)
    if thing.kind in ("starter_work", "recording"):
        return thing.busy or age < ABANDONED_S
    if thing.kind == "unfinished":
        return not thing.name.startswith(REMOVED) and age < UNFINISHED_S
    return _OTHERS_S.get(thing.kind, 0) > age


def _models(inventory: Inventory, known: Known | None, keep_versions: int) -> Iterator[Node]:
    """The holders of aliases and the newest versions; those that MLflow never heard of (a sweep's) count apart."""
    models = sorted(inventory.of("model"), key=lambda model: model.changed, reverse=True)
    if known is None:
        yield from (model.node for model in models)
        return
    yield from (("model", version) for version in known.holders)
    yield from (model.node for model in [m for m in models if m.name in known.versions][:keep_versions])
    yield from (model.node for model in [m for m in models if m.name not in known.versions][:keep_versions])


def _benchmarks(inventory: Inventory, known: Known | None, kept: frozenset[Node]) -> Iterator[Node]:
    """Of each kept model the newest benchmark on each split, and the one that MLflow shows."""
    if known is None:
        yield from (benchmark.node for benchmark in inventory.of("benchmark"))
        return
    yield from (("benchmark", shown) for version, shown in known.benchmarks.items() if ("model", version) in kept)
    newest: dict[tuple[str | None, str | None], Thing] = {}
    for benchmark in sorted(inventory.of("benchmark"), key=lambda thing: thing.changed):
        if ("model", benchmark.model) in kept:
            newest[benchmark.model, benchmark.split] = benchmark
    yield from (benchmark.node for benchmark in newest.values())


def _with_origins(inventory: Inventory, nodes: Iterable[Node]) -> frozenset[Node]:
    """The nodes, what they refer to, what that refers to, and so on."""
    refers: dict[Node, set[Node]] = {}
    for thing in inventory.things:
        refers.setdefault(thing.node, set()).update(thing.refers)
    reached, new = set[Node](), set(nodes)
    while new:
        reached |= new
        new = set().union(*(refers.get(node, set()) for node in new)) - reached
    return frozenset(reached)


def _why(thing: Thing, keep_versions: int) -> str:
    if thing.kind == "unfinished" and thing.name.startswith(REMOVED):
        return "left by a removal that was cut short"
    newest = "newest" if keep_versions == 1 else f"{keep_versions} newest"
    return {
        "run": f"note of a Dagster run of more than {RUN_S // 86400} days ago",
        "sweep": f"of a sweep that has not gone on for {ABANDONED_S // 86400} days",
        "asking": f"answers of a survey, benchmark or prompt search that has rested for {ABANDONED_S // 86400} days",
        "base": "of a base that the domain compares no more",
        "comparison": "not the newest comparison of bases",
        "leaderboard": "not the newest leaderboard of surveyed models",
        "prioritization": "not the newest comparison of orders of tests",
        "index": "not the newest index of the passages",
        "detector": "not the newest detector of strangers",
        "survey": f"of more than {ABANDONED_S // 86400} days ago, and not on the newest leaderboard",
        "answers": f"of more than {ABANDONED_S // 86400} days ago, and no benchmark that is kept was made from them",
        "prompt": f"of more than {ABANDONED_S // 86400} days ago, and not the newest one that was searched for",
        "starter": "a demonstration model by an earlier recipe, which no adapter that is kept was made for",
        "starter_work": f"of a demonstration model whose making has not gone on for {ABANDONED_S // 86400} days",
        "recording": f"of a recording of a project that has rested for {ABANDONED_S // 86400} days",
        "export": "of a model that is not kept",
        "work": f"its model is published, or it lay untouched for {ABANDONED_S // 86400} days",
        "benchmark": "not the newest benchmark of a model that is kept",
        "model": f"not champion, previous, challenger or current, nor among the {newest}",
        "dataset": "not current, and nothing that is kept was made from it",
        "audit": "not the newest audit",
        "raw": "not current, and nothing that is kept was made from it",
        "cache": "embeddings of a model that is not kept",
        "prefix": "output of frozen layers that no training waits for, not used for a day",
        "mined": "hard negatives that no training has used for a day",
        "unfinished": "left by a process that was killed",
    }[thing.kind]

"""Pairs divided by group: what is bound together by a shared text or document stays on one side of every line.

Membership follows from a stable hash of the group alone, so that a group keeps its split as data grows. Only where a
stratum has too few groups for chance to do it, some are moved, so that each split has a fair part of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from domain_ft.splits.settings import ShareSettings

_SCALE = float(1 << 64)


@dataclass(frozen=True)
class Group:
    """What must not be divided: its name, the stratum it counts for, and its rows."""

    name: str
    stratum: str
    rows: int


def joined(count: int, links: Sequence[tuple[int, int]]) -> list[int]:
    """The connected components of `count` nodes: per node the smallest node that it is connected with."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = np.array(links, dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), shape=(count, count))
    _, component = connected_components(graph, directed=False)
    smallest = np.full(count, count)
    np.minimum.at(smallest, component, np.arange(count))
    return [int(smallest[one]) for one in component]


def split_by_group(groups: Sequence[Group], settings: ShareSettings, seed: int) -> dict[str, str]:
    """Give each group its split, whatever the order of the groups: name -> `train`, `validation` or `test`.

    A group's hash lies evenly in [0, 1): below `test` it is held out for the benchmark, in the `validation` that
    follows for choosing checkpoints, else it is trained on. Where a held-out split has less than half of the rows that
    its share of a stratum comes to, training groups whose hash comes nearest are moved there, as far as whole groups
    fit; train keeps one.
    """
    place = {group.name: _hash(group.name, seed) for group in groups}
    split = {name: _split_of(value, settings) for name, value in place.items()}
    strata: dict[str, list[Group]] = {}
    for group in sorted(groups, key=lambda group: place[group.name]):
        strata.setdefault(group.stratum, []).append(group)
    for members in strata.values():
        for name, share in (("test", settings.test), ("validation", settings.validation)):
            _fill(name, share, members, split)
        _keep_one_for_training(members, split)
    return split


def _fill(name: str, share: float, members: Sequence[Group], split: dict[str, str]) -> None:
    """Move training groups of a stratum into a held-out split that has too few of its rows."""
    wanted = share * sum(group.rows for group in members)
    held = sum(group.rows for group in members if split[group.name] == name)
    for group in members:
        if held >= wanted / 2:
            return
        training = [other for other in members if split[other.name] == "train"]
        if split[group.name] == "train" and len(training) > 1 and held + group.rows <= 2 * wanted:
            split[group.name] = name
            held += group.rows


def _keep_one_for_training(members: Sequence[Group], split: dict[str, str]) -> None:
    """A stratum of several groups is not held out as a whole: the group whose hash comes nearest is trained on."""
    if len(members) > 1 and all(split[group.name] != "train" for group in members):
        split[members[-1].name] = "train"


def _split_of(value: float, settings: ShareSettings) -> str:
    if value < settings.test:
        return "test"
    return "validation" if value < settings.test + settings.validation else "train"


def _hash(name: str, seed: int) -> float:
    """A number in [0, 1) that looks random and is the same on every machine."""
    digest = blake2b(name.encode(), digest_size=8, key=seed.to_bytes(8, "little")).digest()
    return int.from_bytes(digest, "little") / _SCALE

"""Which pairs belong together and may not be divided: those of one document, and those that share a text.

Shared means equal but for case and white space, or nearly equal. So no query and no passage of a held-out group
stands, in whatever form, in another one.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import polars as pl

from domain_ft.splits.by_group import Group, joined
from domain_ft.texts.near_duplicates import near_duplicates
from domain_ft.words import normalized

_SIDES = ("query", "passage", "context")
UNKNOWN = ""
"""The stratum of pairs without a sub-domain."""


def groups_of(pairs: pl.DataFrame, near_duplicate: float) -> tuple[list[str], list[Group]]:
    """The group of each pair, by name, and the groups.

    A group is named after its document, if it has one, else after the smallest digest of its passages: a group that
    grows keeps its name unless the new passage happens to have a smaller one.
    """
    nodes: dict[tuple[str, str], int] = {}
    links: list[tuple[int, int]] = []

    def node(kind: str, text: str) -> int:
        return nodes.setdefault((kind, text), pairs.height + len(nodes))

    for side in _SIDES:
        texts = [None if text is None else normalized(text) for text in pairs[side].to_list()]
        kind = "query" if side == "query" else "passage"
        links += [(row, node(kind, text)) for row, text in enumerate(texts) if text]
    links += [(row, node("group", name)) for row, name in enumerate(pairs["group"].to_list()) if name]
    for kind in ("query", "passage"):
        known = [text for each, text in nodes if each == kind]
        links += [(nodes[kind, known[i]], nodes[kind, known[j]]) for i, j in near_duplicates(known, near_duplicate)]
    component = joined(pairs.height + len(nodes), links)[: pairs.height]
    names = _names(pairs, component)
    return [names[one] for one in component], _groups(pairs, component, names)


def _names(pairs: pl.DataFrame, component: Sequence[int]) -> dict[int, str]:
    documents: dict[int, set[str]] = {}
    digests: dict[int, str] = {}
    for one, document, passage in zip(component, pairs["group"], pairs["passage"], strict=True):
        if document:
            documents.setdefault(one, set()).add(document)
        digest = blake2b(normalized(passage).encode(), digest_size=8).hexdigest()
        digests[one] = min(digest, digests.get(one, digest))
    return {one: min(documents[one]) if one in documents else digest for one, digest in digests.items()}


def _groups(pairs: pl.DataFrame, component: Sequence[int], names: dict[int, str]) -> list[Group]:
    """Each group counts for the sub-domain that most of its rows have."""
    rows: dict[int, list[str]] = {}
    for one, sub_domain in zip(component, pairs["sub_domain"], strict=True):
        rows.setdefault(one, []).append(sub_domain or UNKNOWN)
    return [Group(names[one], _most_common(found), len(found)) for one, found in rows.items()]


def _most_common(values: Iterable[str]) -> str:
    counted = pl.Series(list(values)).value_counts().sort(["count", ""], descending=[True, False])
    return str(counted.item(0, 0))

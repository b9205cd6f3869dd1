"""Which texts of a domain, or of a file, are the same or nearly so: the model in use measures, `neighbours` finds."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from domain_ft.amounts import counted
from domain_ft.errors import InputError
from domain_ft.neighbours.groups import Group, groups_of
from domain_ft.neighbours.near_pairs import MOST_PAIRS, NearPairs, near_pairs
from domain_ft.progress import Progress, silent
from domain_ft.uses.listed_texts import ListedTexts, embeddings_of
from domain_ft.uses.named_output import named_output
from domain_ft.uses.used_model import UsedModel
from domain_ft.words import normalized

COLUMNS = ("group", "first", "second", "cosine", "kind", "same_numbers", "first_text", "second_text")
_NUMBER = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Duplicates:
    """Pairs of texts at or above a threshold, in the groups that they make."""

    listed: ListedTexts
    used: UsedModel
    threshold: float
    distinct: int
    """Texts that differ in more than case and white space."""
    pairs: NearPairs
    """Near ones, and of each text that stands there several times a pair of its first with each other copy."""
    groups: tuple[Group, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft duplicates --json`."""
        results = list(self._results())
        pairs = [pair for result in results for pair in result["pairs"]]
        exact = sum(pair["kind"] == "exact" for pair in pairs)
        return {
            "texts": self.listed.called,
            "model": {"name": self.used.name, "kind": self.used.kind},
            "threshold": self.threshold,
            "read": len(self.listed),
            "distinct": self.distinct,
            "pairs": len(self.pairs),
            "exact": exact,
            "near": len(self.pairs) - exact,
            "groups": len(self.groups),
            "chains": sum(group.is_chain for group in self.groups),
            "other_numbers": sum(not pair["same_numbers"] for pair in pairs),
            "results": results,
            "notes": list(self.notes),
        }

    def write_csv(self, path: Path) -> None:
        """One row per pair: `COLUMNS`; InputError where nothing can be written there."""
        import polars as pl

        rows = [
            (result["group"], *(pair[name] for name in COLUMNS[1:6]), texts[pair["first"]], texts[pair["second"]])
            for result in self._results()
            for texts in [{member["id"]: member["text"] for member in result["members"]}]
            for pair in result["pairs"]
        ]
        with named_output(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                pl.DataFrame(rows, schema=list(COLUMNS), orient="row").write_csv(file)

    def _results(self) -> Iterator[dict[str, Any]]:
        group_of = {member: number for number, group in enumerate(self.groups) for member in group.members}
        pairs: list[list[Mapping[str, Any]]] = [[] for _ in self.groups]
        for (first, second), cosine in zip(self._places(), self.pairs.cosine.tolist(), strict=True):
            one, other = self.listed.texts[first], self.listed.texts[second]
            pairs[group_of[first]].append({
                "first": self.listed.names[first],
                "second": self.listed.names[second],
                "cosine": cosine,
                "kind": "exact" if normalized(one) == normalized(other) else "near",
                "same_numbers": _numbers(one) == _numbers(other),
            })  # fmt: skip
        for number, group in enumerate(self.groups):
            yield {
                "group": number + 1,
                "size": len(group.members),
                "medoid": self.listed.names[group.medoid],
                "lowest": group.lowest,
                "chain": group.is_chain,
                "members": [self._member(member) for member in group.members],
                "pairs": pairs[number],
            }

    def _member(self, place: int) -> dict[str, Any]:
        return {"id": self.listed.names[place], "text": self.listed.texts[place], "part": self.listed.parts[place]}

    def _places(self) -> Iterator[tuple[int, int]]:
        return zip(self.pairs.first.tolist(), self.pairs.second.tolist(), strict=True)


def find_duplicates(
    listed: ListedTexts,
    used: UsedModel,
    threshold: float,
    *,
    most_pairs: int = MOST_PAIRS,
    progress: Progress = silent,
) -> Duplicates:
    """Every pair of distinct texts whose embeddings have at least this cosine, and all that are the same text.

    InputError where there are more than `most_pairs` near ones.
    """
    if not 0 < threshold <= 1:
        raise InputError(f"--threshold {threshold:g}: expected a cosine above 0 and at most 1, such as 0.95")
    keys = [normalized(text) for text in listed.texts]
    _, first_of, own = np.unique(np.array(keys, dtype=object), return_index=True, return_inverse=True)
    vectors = embeddings_of(listed, used, progress, tuple(first_of.tolist()))
    near = near_pairs(vectors, threshold, most=most_pairs, progress=progress)
    pairs = _with_copies(near, first_of.astype(np.int64), own)
    groups = groups_of(vectors, near, threshold, own)
    notes = (*filter(None, [used.note, _unread(listed, used, near, first_of.tolist())]), *listed.notes)
    return Duplicates(listed, used, threshold, len(first_of), pairs, groups, notes)


def _with_copies(near: NearPairs, first_of: Any, own: Any) -> NearPairs:
    """Pairs of distinct texts as pairs of listed ones, and those of first and further copies."""
    places = np.arange(len(own))
    copies = places[first_of[own] != places]
    first = np.concatenate([first_of[near.first], first_of[own[copies]]])
    second = np.concatenate([first_of[near.second], copies])
    cosine = np.concatenate([near.cosine, np.ones(len(copies))])
    order = np.lexsort((second, first))
    return NearPairs(first[order], second[order], cosine[order])


def _numbers(text: str) -> Counter[str]:
    """The numbers of a text: parts and steps that differ in nothing else have nearly one embedding."""
    return Counter(_NUMBER.findall(text))


def _unread(listed: ListedTexts, used: UsedModel, near: NearPairs, first_of: list[int]) -> str | None:
    """What is not seen of near pairs: how their texts go on after the tokens that the model reads."""
    from domain_ft.texts.tokens import token_counts

    found = sorted({*near.first.tolist(), *near.second.tolist()})
    counts = token_counts([listed.texts[first_of[place]] for place in found])
    long = {place for place, count in zip(found, counts, strict=True) if count > used.max_seq_length - 2}
    cut = sum(a in long and b in long for a, b in zip(near.first.tolist(), near.second.tolist(), strict=True))
    if not cut:
        return None
    return (
        f"in {cut:,} of {counted(len(near), 'near pairs')} both texts are longer than the {used.max_seq_length} tokens "
        "that the model reads: how they go on was not compared"
    )

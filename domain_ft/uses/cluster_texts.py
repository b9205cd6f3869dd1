"""What the texts of a domain, or of a file, are about: clusters by the model in use, with labels and a picture."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from domain_ft.amounts import counted
from domain_ft.clusters.communities import FEWEST, MOST_CLUSTERS, MOST_DIVIDED, NOWHERE, find_communities
from domain_ft.clusters.labels import cluster_labels, label_text
from domain_ft.errors import InputError
from domain_ft.neighbours.near_pairs import IntArray
from domain_ft.progress import Progress, silent
from domain_ft.store.publish import write_json
from domain_ft.store.vectors import FloatArray
from domain_ft.uses.listed_texts import ListedTexts, embeddings_of
from domain_ft.uses.named_output import named_output
from domain_ft.uses.used_model import UsedModel
from domain_ft.words import normalized

EXAMPLES = 3
_PARTS = 3
PAGE, PICTURE, CONTENT, TABLE = "clusters.html", "clusters.svg", "clusters.json", "texts.csv"


@dataclass(frozen=True)
class TextClusters:
    """Texts in clusters."""

    listed: ListedTexts
    used: UsedModel
    seed: int
    first_of: IntArray
    """(m) the first place of each distinct text."""
    own: IntArray
    """(n) which distinct text each text is."""
    vectors: FloatArray
    """(m, d)"""
    cluster: IntArray
    """(m) the cluster of each distinct text, or `NOWHERE`."""
    labels: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The keys of `domain-ft cluster --json`."""
        nowhere = self._members(NOWHERE)
        return {
            "texts": self.listed.called,
            "model": {"name": self.used.name, "kind": self.used.kind},
            "read": len(self.listed),
            "distinct": len(self.first_of),
            "clusters": len(self.labels),
            "seed": self.seed,
            "agreement": self._agreement(),
            "results": [self._result(number) for number in range(len(self.labels))],
            "nowhere": {
                "size": len(nowhere),
                "share": len(nowhere) / len(self.listed),
                "members": [self.listed.names[place] for place in nowhere],
            },
            "notes": list(self.notes),
        }

    def write(self, folder: Path) -> None:
        """A page with the picture, the picture alone, the JSON, and a table of the texts; InputError where none
        can be written there."""
        from domain_ft.clusters.picture import render_page, render_picture, scatter

        if folder.exists() and not folder.is_dir():
            raise InputError(f"-o {folder}: is no folder; name one to write to")
        content = self.as_json()
        picture = scatter(self.vectors, self.cluster, [self.listed.texts[place] for place in self.first_of], self.seed)
        with named_output(folder):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / PAGE).write_text(render_page(content, picture), encoding="utf-8")
            (folder / PICTURE).write_text(render_picture(content, picture), encoding="utf-8")
            write_json(folder / CONTENT, content)
            self._write_table(folder / TABLE)

    def _write_table(self, path: Path) -> None:
        import polars as pl

        of_text = self.cluster[self.own].tolist()
        pl.DataFrame({
            "id": self.listed.names,
            "cluster": [None if number == NOWHERE else number + 1 for number in of_text],
            "label": [label_text(() if number == NOWHERE else self.labels[number], number) for number in of_text],
            "part": pl.Series(self.listed.parts, dtype=pl.String),
            "text": self.listed.texts,
        }).write_csv(path)  # fmt: skip

    def _members(self, number: int) -> list[int]:
        found: list[int] = np.flatnonzero(self.cluster[self.own] == number).tolist()
        return found

    def _result(self, number: int) -> dict[str, Any]:
        members, rows = self._members(number), np.flatnonzero(self.cluster == number)
        own = self.vectors[rows].astype(np.float64)
        together = own.sum(axis=0)
        nearest = self.first_of[rows[np.argsort(-np.round(own @ together, 6), kind="stable")[:EXAMPLES]]].tolist()
        pairs = len(rows) * (len(rows) - 1)
        parts = Counter(part for place in members if (part := self.listed.parts[place]) is not None)
        return {
            "id": number + 1,
            "label": label_text(self.labels[number], number),
            "size": len(members),
            "share": len(members) / len(self.listed),
            "cohesion": round((float(together @ together) - len(rows)) / pairs, 6) if pairs else None,
            "parts": [{"part": part, "share": there / len(members)} for part, there in parts.most_common(_PARTS)],
            "examples": [{"id": self.listed.names[place], "text": self.listed.texts[place]} for place in nearest],
            "members": [self.listed.names[place] for place in members],
        }

    def _agreement(self) -> dict[str, Any] | None:
        """How far the clusters are the known parts: V-measure and adjusted Rand index; texts that belong nowhere
        stand in a cluster of their own. None where the parts are not known, or all are one."""
        parts = self.listed.parts
        if None in parts or len(set(parts)) < 2:
            return None
        from sklearn.metrics import adjusted_rand_score, v_measure_score

        of_text = self.cluster[self.own]
        return {
            "parts": len(set(parts)),
            "v_measure": round(float(v_measure_score(parts, of_text)), 6),
            "adjusted_rand": round(float(adjusted_rand_score(parts, of_text)), 6),
        }


def cluster_texts(
    listed: ListedTexts,
    used: UsedModel,
    *,
    clusters: int | None = None,
    seed: int = 42,
    progress: Progress = silent,
) -> TextClusters:
    """Clusters of the distinct texts, `clusters` of them or as many as there are; copies stand with their first.

    InputError where more clusters are asked for than there are distinct texts, or than `MOST_CLUSTERS`.
    """
    keys = np.array([normalized(text) for text in listed.texts], dtype=object)
    _, first_of, own = np.unique(keys, return_index=True, return_inverse=True)
    most = min(len(first_of), MOST_CLUSTERS)
    if clusters is not None and not 1 <= clusters <= most:
        hold = f"the {listed.called} hold {counted(len(first_of), 'distinct texts')}"
        raise InputError(f"--clusters {clusters}: {hold}; name {'1' if most == 1 else f'1 to {most:,}'}")
    vectors = embeddings_of(listed, used, progress, tuple(first_of.tolist()))
    found = find_communities(vectors, clusters=clusters, seed=seed, progress=progress)
    texts = [listed.texts[place] for place in first_of]
    labels = cluster_labels(texts, found.cluster, found.count)
    said = None
    if len(texts) > MOST_DIVIDED:
        said = f"clusters were found in {MOST_DIVIDED:,} of the texts; each other one stands where its nearest do"
    if clusters is None and len(texts) < FEWEST:
        few = counted(len(texts), "distinct texts")
        said = f"{few}: too few to find clusters in, so all are one (--clusters N divides)"
    notes = tuple(note for note in (used.note, said, *listed.notes) if note)
    return TextClusters(listed, used, seed, first_of, own, vectors, found.cluster, labels, notes)

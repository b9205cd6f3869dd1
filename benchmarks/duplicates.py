"""What it costs to find every pair of near duplicates among many embeddings; one JSON line.

    python benchmarks/duplicates.py [--texts 50000] [--copies 50000] [--dimension 384] [--threshold 0.95]

The embeddings are made up: a tenth of them lie near another one, at a cosine around the threshold, so that many pairs
lie just above and just below it. Beside the distinct texts copies are listed, half of them of one text, as a log has
them. Memory is what the search adds to the process at its highest. The peer, in the same run on the same embeddings, is
sentence-transformers' paraphrase mining, which keeps the 100 nearest of each text, and is spared the copies; the pairs
that both found are counted. It ends with 1 where a limit is broken, or pairs differ from those of brute force.
"""

import argparse
import json
import os
import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import psutil
import torch
from sentence_transformers.util import paraphrase_mining_embeddings

from domain_ft.neighbours.groups import groups_of
from domain_ft.neighbours.near_pairs import IntArray, near_pairs
from domain_ft.store.vectors import FloatArray
from domain_ft.training.device import prepare_threads

LIMITS = {"seconds": 60.0, "added_mb": 256}
CHECKED = 2000
_LOOK_S = 0.02


class HighestMemory:
    """The highest resident memory of this process within a block, above that at its beginning, in bytes."""

    def __enter__(self) -> "HighestMemory":
        self._process, self._over = psutil.Process(), threading.Event()
        self._begin = self.added = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_S):
            self.added = max(self.added, self._process.memory_info().rss)

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.added -= self._begin


def made_up(texts: int, dimension: int, threshold: float, seed: int = 0) -> FloatArray:
    """Unit vectors of which a tenth are another one, moved to a cosine of about the threshold."""
    generator = np.random.default_rng(seed)
    copies = texts // 10
    rows = generator.normal(size=(texts - copies, dimension)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    aims = np.clip(generator.normal(threshold, 0.02, (copies, 1)), 0, 1)
    noise = generator.normal(size=(copies, dimension))
    own = rows[:copies]
    noise -= (noise * own).sum(axis=1, keepdims=True) * own
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    near = aims * own + np.sqrt(1 - aims**2) * noise
    return generator.permutation(np.concatenate([rows, near.astype(np.float32)]))


def with_copies(texts: int, copies: int, seed: int = 0) -> IntArray:
    """Which text each listed one is: each once, half of the copies of the first, and the others of any."""
    generator = np.random.default_rng(seed)
    others = generator.integers(0, texts, copies - copies // 2)
    return generator.permutation(np.concatenate([np.arange(texts), np.zeros(copies // 2, np.int64), others]))


def broken(report: Mapping[str, Any]) -> list[str]:
    """What a report says that it must not."""
    over = [f"{name} {report[name]:g} is above {limit:g}" for name, limit in LIMITS.items() if report[name] > limit]
    return over if report["same_as_brute_force_on_2000"] else [*over, "pairs differ from those of brute force"]


def brute_force(vectors: FloatArray, threshold: float) -> set[tuple[int, int]]:
    """Every pair of a few, in float64."""
    exact = vectors.astype(np.float64)
    first, second = np.triu_indices(len(exact), 1)
    cosines = (exact @ exact.T)[first, second].round(6)
    return set(zip(first[cosines >= threshold].tolist(), second[cosines >= threshold].tolist(), strict=True))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=50_000)
    parser.add_argument("--copies", type=int, default=50_000)
    parser.add_argument("--dimension", type=int, default=384)
    parser.add_argument("--threshold", type=float, default=0.95)
    arguments = parser.parse_args()
    prepare_threads()
    vectors = made_up(arguments.texts, arguments.dimension, arguments.threshold)
    own = with_copies(arguments.texts, arguments.copies)
    few = made_up(CHECKED, arguments.dimension, arguments.threshold, seed=1)
    checked = near_pairs(few, arguments.threshold)
    same = set(zip(checked.first.tolist(), checked.second.tolist(), strict=True))
    with HighestMemory() as memory:
        start = time.perf_counter()
        pairs = near_pairs(vectors, arguments.threshold)
        pairs_s = time.perf_counter() - start
        groups = groups_of(vectors, pairs, arguments.threshold, own)
        ours_s = time.perf_counter() - start
    ours = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    with HighestMemory() as peer_memory:
        start = time.perf_counter()
        mined = paraphrase_mining_embeddings(torch.from_numpy(vectors), max_pairs=1_000_000)
        peer_s = time.perf_counter() - start
    theirs = {(min(i, j), max(i, j)) for cosine, i, j in mined if round(cosine, 6) >= arguments.threshold}
    report = {
        "benchmark": "duplicates",
        "cores": len(os.sched_getaffinity(0)),
        "load_average": round(os.getloadavg()[0], 1),
        "texts": arguments.texts,
        "copies": arguments.copies,
        "dimension": arguments.dimension,
        "threshold": arguments.threshold,
        "pairs": len(pairs),
        "groups": len(groups),
        "largest_group": len(groups[0].members) if groups else 0,
        "seconds": round(ours_s, 2),
        "seconds_of_pairs": round(pairs_s, 2),
        "limits": LIMITS,
        "added_mb": round(memory.added / 1e6),
        "full_matrix_mb": round(4 * arguments.texts**2 / 1e6),
        "same_as_brute_force_on_2000": same == brute_force(few, arguments.threshold),
        "peer_seconds": round(peer_s, 2),
        "peer_added_mb": round(peer_memory.added / 1e6),
        "peer_pairs": len(theirs),
        "pairs_of_both": len(ours & theirs),
    }
    report["ok"] = not broken(report)
    print(json.dumps(report))
    if not report["ok"]:
        raise SystemExit("; ".join(broken(report)))


if __name__ == "__main__":
    main()

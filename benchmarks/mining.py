"""What mining costs: triplets from millions of runs, against the same mining in plain pandas, in the same run.

    python benchmarks/mining.py --runs 5000000

Both mine the same made-up history in memory, from tables to triplets with their texts, split included; the
triplets must be identical. Prints one JSON line; the peak is the resident memory of mining, history included.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from mining_peer import mine_with_pandas

from domain_ft.history.tables import History, canonical
from domain_ft.mining.miner import mine_triplets
from domain_ft.mining.settings import TripletSettings
from domain_ft.splits.by_time import split_by_time

RUNS_PER_BUILD = 1000
TESTS = 4000


def synthesize(runs: int, seed: int) -> History:
    """A history in which most tests seldom fail, some builds repeat a change text and some have none."""
    random = np.random.default_rng(seed)
    builds = max(runs // RUNS_PER_BUILD, 10)
    tests = max(min(TESTS, runs // builds * 4), 4)
    build_ids = pl.Series([f"build-{number:07d}" for number in random.permutation(builds)])
    test_ids = pl.Series([f"TC-{number:07d}" for number in random.permutation(tests)])
    texts = _sentences(random, builds, 12)
    for build in np.flatnonzero(random.random(builds) < 0.05):
        texts[build] = texts[random.integers(builds)]
    for build in np.flatnonzero(random.random(builds) < 0.02):
        texts[build] = ""
    build_of_run = np.arange(runs) % builds
    test_of_run = (build_of_run * 7919 + np.arange(runs) // builds) % tests
    failing = random.beta(0.5, 12, tests)[test_of_run]
    chance = random.random(runs)
    verdict = np.where(chance < failing, 1, np.where(chance > 0.98, 2, 0))
    starts = 1_600_000_000_000_000 + np.cumsum(random.integers(0, 7200, builds)) * 1_000_000
    return canonical(
        History(
            builds=pl.DataFrame(
                {
                    "build_id": build_ids,
                    "scope": ["product"] * builds,
                    "started_at": pl.Series(starts).cast(pl.Datetime("us", "UTC")),
                    "change_ids": [[name] for name in build_ids],
                    "change_text": texts,
                    "change_paths": [[f"src/area{area}/file.py"] for area in random.integers(0, 40, builds)],
                }
            ),
            tests=pl.DataFrame(
                {"test_id": test_ids, "scope": ["product"] * tests, "text": _sentences(random, tests, 8)}
            ),
            runs=pl.DataFrame(
                {
                    "build_id": build_ids.gather(build_of_run),
                    "test_id": test_ids.gather(test_of_run),
                    "verdict": pl.Series(["pass", "fail", "skipped"]).gather(verdict),
                    "duration_s": random.random(runs),
                }
            ),
        )
    )


def _sentences(random: np.random.Generator, count: int, words: int) -> list[str]:
    return [" ".join(f"word{word}" for word in row) for row in random.integers(0, 3000, (count, words))]


def _timed(work: Callable[[], Any], repeats: int) -> tuple[Any, list[float]]:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return result, seconds


def _forget_peak() -> None:
    """Let the kernel count the peak of resident memory anew, where it can (Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        print("peak_mb counts the making of the history, too", file=sys.stderr)


def _peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Synthesize, mine both ways, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=2, help="of each; the fastest counts")
    parser.add_argument("--relevance", choices=["flip", "transition", "any_failure"], default="flip")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    settings = TripletSettings(seed=arguments.seed, relevance=arguments.relevance)
    history = synthesize(arguments.runs, arguments.seed)

    def ours() -> pl.DataFrame:
        return mine_triplets(history, split_by_time(history.builds, settings.split), settings).triplets

    _forget_peak()
    triplets, seconds = _timed(ours, arguments.repeats)
    peak = _peak_mb()
    frames: list[pd.DataFrame] = [table.to_pandas() for table in (history.builds, history.tests, history.runs)]
    peer, peer_seconds = _timed(lambda: mine_with_pandas(*frames, settings), arguments.repeats)
    assert triplets.rows() == list(peer.itertuples(index=False, name=None)), "pandas mined other triplets"
    print(
        json.dumps(
            {
                "benchmark": "mining",
                "runs": history.runs.height,
                "triplets": triplets.height,
                "seconds": round(min(seconds), 2),
                "peer": "pandas",
                "peer_seconds": round(min(peer_seconds), 2),
                "ratio": round(min(peer_seconds) / min(seconds), 2),
                "peak_mb": round(peak),
                "all_seconds": [round(value, 2) for value in seconds],
                "all_peer_seconds": [round(value, 2) for value in peer_seconds],
            }
        )
    )


if __name__ == "__main__":
    main()

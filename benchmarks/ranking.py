"""What `domain-ft rank` costs for 10,000 tests: as a command, with torch and with the ONNX export, and in a process.

    python benchmarks/ranking.py --tests 10000

A history of that many tests lands in a state root of its own, a model is trained for two steps and exported, and the
vectors of the tests are computed once. Then a change is ranked: by new processes (`cold`, the median of the rounds) and
in one that has ranked before (`warm_ms`). The peer is the same command ordering by BM25 alone. Prints one JSON line.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from domain_ft import stages
from domain_ft.domains import find_embedding_domain
from domain_ft.export.export_model import export_model
from domain_ft.history.sample.write import write_sample
from domain_ft.prioritization.rank import Change
from domain_ft.prioritization.ranking import Asked
from domain_ft.store.home import HOME_VARIABLE, Home
from domain_ft.uses.daily_ranking import DailyRanking

CHANGE = "Fix the rounding of refunds when an order is cancelled twice"
OVERRIDES = {"training.max_steps": 2, "training.device": "cpu", "triplets.minimum": 1}
MODEL = {"prioritization.order": "hybrid_tuned"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=10_000)
    parser.add_argument("--builds", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME_VARIABLE] = folder
        print(json.dumps(measure(Home.from_environment(), given.tests, given.builds, given.rounds)))


def measure(home: Home, tests: int, builds: int, rounds: int) -> dict[str, Any]:
    """Seconds of the command, and milliseconds in a process that has ranked before."""
    domain = find_embedding_domain("test_history").with_overrides(OVERRIDES)
    sample = write_sample(home.root / "s.csv", builds=builds, tests=tests, seed=42, signal=0.8)
    stages.ingest(domain, home, [sample.path])
    stages.build_dataset(domain, home)
    model = stages.train(domain, home).path
    asked = Asked(Change(CHANGE))
    listed = len(DailyRanking(domain, home).rank(asked).results)
    found: dict[str, Any] = {"tests": listed, "rounds": rounds}
    found["cold_bm25_s"] = _cold(rounds, "prioritization.order=bm25")
    DailyRanking(domain.with_overrides(MODEL), home).rank(asked)
    found["cold_torch_s"] = _cold(rounds, "prioritization.order=hybrid_tuned")
    export_model(domain, home, model, "onnx")
    ranking = DailyRanking(domain.with_overrides(MODEL), home)
    ranking.rank(asked)
    found["cold_onnx_s"] = _cold(rounds, "prioritization.order=hybrid_tuned")
    warm = []
    for number in range(rounds):
        began = time.perf_counter()
        ranking.rank(Asked(Change(f"{CHANGE} {number}")))
        warm.append(1000 * (time.perf_counter() - began))
    found["warm_ms"] = round(statistics.median(warm), 1)
    return found


def _cold(rounds: int, setting: str) -> float:
    command = [sys.executable, "-m", "domain_ft", "rank", "test_history", "--json", "--change-text", CHANGE]
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        done = subprocess.run([*command, "--set", setting], capture_output=True, text=True, check=True)
        taken.append(time.perf_counter() - began)
        report = json.loads(done.stdout)
        if report["fallback"] or report["order"] != setting.partition("=")[2]:
            raise SystemExit(f"not ranked by {setting}: {report['fallback']}")
    return round(statistics.median(taken), 2)


if __name__ == "__main__":
    main()

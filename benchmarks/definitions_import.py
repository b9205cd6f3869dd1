"""What it costs to load the definitions, beside importing Dagster alone; prints one JSON line.

    python benchmarks/definitions_import.py [--runs 7]

Each run is a fresh process, the two in turn; the medians count. Dagster loads the definitions in every process of a
run, so that each second here is a second more for each step.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

OURS = "from domain_ft.definitions import defs; defs()"
PEER = "import dagster"


def seconds(code: str) -> float:
    """Wall time of a fresh process that runs the code."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Time both in turn and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    pairs = [(seconds(OURS), seconds(PEER)) for _ in range(runs + 1)][1:]
    ours, peer = (statistics.median(side) for side in zip(*pairs, strict=True))
    figures = {"seconds": round(ours, 2), "peer_seconds": round(peer, 2), "ratio": round(ours / peer, 2)}
    print(json.dumps({"benchmark": "definitions_import", "runs": runs, **figures, "limit_seconds": 2.5}))


if __name__ == "__main__":
    main()

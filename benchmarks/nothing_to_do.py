"""What a retrain costs that has nothing to do, beside the one that had; prints one JSON line.

    python benchmarks/nothing_to_do.py [--runs 3]

The made-up history is mined, trained on and judged with the preset `smoke`, once with everything to do and then again,
each command in a fresh process, as a script or a nightly job starts it. The tick is that of the nightly schedule, which
finds nothing new and starts nothing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DOMAIN = "test_history"
COMMANDS = ("dataset", "train", "benchmark")
LIMIT_S = 3.0


def seconds(*command: str) -> float:
    """Wall time of a command of the project, in a fresh process."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "domain_ft.cli", *command, "--json"], check=True, capture_output=True)
    return time.perf_counter() - started


def rounded(side: dict[str, float]) -> dict[str, float]:
    """Seconds as they are printed."""
    return {name: round(value, 2) for name, value in side.items()}


def tick() -> tuple[float, str]:
    """Wall time of the nightly schedule's tick, and what it says."""
    import dagster as dg

    from domain_ft.components.automation import nightly_schedule
    from domain_ft.domains import find_domain
    from domain_ft.instance import prepare_instance
    from domain_ft.resources.state import StateRoot
    from domain_ft.store.home import Home

    folder = prepare_instance(Home.from_environment())
    schedule = nightly_schedule(find_domain(DOMAIN), "0 2 * * *")
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        context = dg.build_schedule_context(instance=instance, resources={"state": StateRoot()})
        started = time.perf_counter()
        said = schedule(context)
        took = time.perf_counter() - started
    assert isinstance(said, dg.SkipReason), said
    return took, str(said.skip_message)


def main() -> None:
    """Do everything, then nothing, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DOMAIN_FT_HOME"] = folder
        os.environ.pop("DAGSTER_HOME", None)
        history = str(Path(folder) / "history.csv.gz")
        seconds("sample", DOMAIN, "--out", history)
        seconds("ingest", DOMAIN, history)
        arguments = (DOMAIN, "--preset", "smoke")
        first = {command: seconds(command, *arguments) for command in COMMANDS}
        again = {command: statistics.median(seconds(command, *arguments) for _ in range(runs)) for command in COMMANDS}
        took, said = tick()
    figures = {"first": rounded(first), "again": rounded(again), "tick": round(took, 3), "tick_says": said}
    print(json.dumps({"benchmark": "nothing_to_do", "runs": runs, **figures, "limit_seconds": LIMIT_S}))


if __name__ == "__main__":
    main()

"""What `make demo` takes and finds: wall time, peak memory of all its processes, verdict; prints one JSON line.

    python benchmarks/demo.py [--preset quick] [--history HISTORY.csv.gz]

The demo runs as a person runs it, in a state root of its own that is removed afterwards. Memory is the sum of the
proportional set sizes (each shared page counted once) over `make` and all that it starts, looked at every second.
The figures to hold the fine-tuned model against, `base` and `bm25`, come from the same benchmark.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

CHECKOUT = Path(__file__).resolve().parents[1]
LOOK_EVERY_S = 1.0


def main() -> None:
    """Run the demo once and print what it took and found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--history", type=Path)
    arguments = parser.parse_args()
    subprocess.run(["make", "--silent", ".venv/.installed"], cwd=CHECKOUT, check=True)
    with tempfile.TemporaryDirectory(prefix="demo-") as folder:
        home = Path(folder)
        seconds, peak = measure(home, arguments.preset, arguments.history)
        found = verdict(home)
    took = {"seconds": round(seconds, 1), "peak_memory_gb": round(peak / 1e9, 2)}
    history = arguments.history.name if arguments.history else "sample"
    print(json.dumps({"benchmark": "demo", "preset": arguments.preset, "history": history, **took, **found}))


def measure(home: Path, preset: str, history: Path | None) -> tuple[float, int]:
    """Seconds that `make demo` took, and the most bytes that it and its children held at once."""
    command = ["make", "demo", f"PRESET={preset}", *([f"HISTORY={history.resolve()}"] if history else [])]
    environment = {**os.environ, "DOMAIN_FT_HOME": str(home)}
    environment.pop("DAGSTER_HOME", None)
    started, peak = time.perf_counter(), 0
    with (home / "demo.log").open("wb") as log:
        demo = subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        while demo.poll() is None:
            peak = max(peak, memory_of_tree(demo.pid))
            time.sleep(LOOK_EVERY_S)
    if demo.returncode:
        raise SystemExit((home / "demo.log").read_text(errors="replace")[-3000:])
    return time.perf_counter() - started, peak


def memory_of_tree(pid: int) -> int:
    """Bytes held by a process and all its descendants, shared pages counted once."""
    total = 0
    try:
        root = psutil.Process(pid)
        processes = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def verdict(home: Path) -> dict[str, Any]:
    """What the demo's benchmark says, and what the training took."""
    model = json.loads((home / "models/test_history/current/manifest.json").read_bytes())
    document = json.loads((home / "data/test_history/benchmarks/current/benchmark.json").read_bytes())
    metric = document["primary_metric"]
    difference = next(
        row
        for row in document["differences"]
        if (row["reference"], row["metric"], row["slice"]) == (document["reference"], metric, "all")
    )
    return {
        "training_seconds": round(model["duration_s"], 1),
        "triplets": model["train_examples"],
        "split": document["split"],
        "builds": document["n"],
        "verdict": document["verdict"],
        "metric": metric,
        "arms": {name: rounded(metrics[metric]) for name, metrics in document["arms"].items() if metric in metrics},
        f"gain_over_{document['reference']}": rounded(difference),
        "champion": (home / "models/test_history/champion").is_symlink(),
    }


def rounded(estimate: dict[str, Any]) -> dict[str, float | None]:
    """Mean and bounds, to three places."""
    return {key: None if estimate[key] is None else round(estimate[key], 3) for key in ("mean", "low", "high")}


if __name__ == "__main__":
    main()

"""What it costs to ingest a CSV of a million runs, against plain pandas doing the same; prints one JSON line.

    python benchmarks/ingest.py [--rows 1000000]

The file is made here: 100 runs a build, 20,000 tests with summary and steps, one row in a hundred twice, one in a
thousand with an unknown verdict. Each side runs in a process of its own, from the file to published Parquet tables;
`identical` says that both came to the same tables. Only ours names the line of each rejected row and checks digests.
"""

import argparse
import ast
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HEADER = "Build_ID,Build_Test_Start_Date,TP_Key,TC_Key,TE_Summary,TC_Steps,TE_Test_Result,commit,CR_Component_Name"
RUNS_PER_BUILD = 100
TESTS = 20_000
VERDICTS = ("Pass", "Pass", "Pass", "Fail", "Error", "Skipped", "Blocked")


def make_file(path: Path, rows: int) -> None:
    """Write the CSV; equal rows, equal bytes."""
    dice = random.Random(1)
    words = ["".join(dice.choices("aeioubcdfglmnprst", k=dice.randint(3, 9))) for _ in range(3000)]

    def sentence(length: int) -> str:
        return " ".join(dice.choices(words, k=length))

    tests = [
        f'TC-{number:06d},{sentence(12)},"1. {sentence(10)}\n2. {sentence(8)}, ""{sentence(1)}"""'
        for number in range(TESTS)
    ]
    written = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER + "\n")
        while written < rows:
            build = written // RUNS_PER_BUILD
            start = f"20{10 + build // 2500 % 80:02d}-{1 + build % 12:02d}-{1 + build % 28:02d}T{build % 24:02d}:00:00Z"
            change = f"\"['{sentence(7)}', '{sentence(12)}']\",['src/{sentence(1)}/{sentence(1)}.py']"
            lines = []
            for test in dice.sample(tests, RUNS_PER_BUILD):
                verdict = "Quux" if dice.random() < 0.001 else dice.choice(VERDICTS)
                lines.append(f"B-{build:06d},{start},product,{test},{verdict},{change}\n")
                if dice.random() < 0.01:
                    lines.append(f"B-{build:06d},{start},product,{test},Fail,{change}\n")
            lines = lines[: rows - written]
            file.writelines(lines)
            written += len(lines)


def ingest_ours(path: Path, out: Path) -> dict[str, Any]:
    """The project's own ingest."""
    from domain_ft.landing.ingest import ingest_files
    from domain_ft.landing.settings import SourceSettings

    source = SourceSettings()
    result = ingest_files([path], domain="bench", source=source, raw=out / "raw", quarantine=out / "quarantine")
    return {"tables": str(result.path), "accepted": result.accepted, "rejected": result.rejected}


def ingest_pandas(path: Path, out: Path) -> dict[str, Any]:
    """What a careful person writes with pandas."""
    import pandas as pd

    from domain_ft.landing.settings import DEFAULT_VERDICTS

    order = ["pass", "skipped", "blocked", "error", "fail"]
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame["verdict"] = frame["TE_Test_Result"].str.strip().str.casefold().map(DEFAULT_VERDICTS)
    frame["started_at"] = pd.to_datetime(frame["Build_Test_Start_Date"], utc=True, errors="coerce", format="ISO8601")
    known = frame["verdict"].notna() & frame["started_at"].notna() & frame["Build_ID"].ne("") & frame["TC_Key"].ne("")
    frame = frame[known & (frame["TE_Summary"].ne("") | frame["TC_Steps"].ne(""))].copy()
    rejected = int((~known).sum())
    frame["text"] = frame["TE_Summary"].str.strip() + "\n" + frame["TC_Steps"].str.strip()
    frame["rank"] = frame["verdict"].map({verdict: place for place, verdict in enumerate(order)})
    runs = frame.sort_values(["Build_ID", "TC_Key", "rank"], ascending=[True, True, False])
    runs = runs.drop_duplicates(["Build_ID", "TC_Key"])[["Build_ID", "TC_Key", "verdict"]]
    runs = runs.set_axis(["build_id", "test_id", "verdict"], axis=1).assign(duration_s=float("nan"))
    tests = frame.sort_values(["TC_Key", "started_at", "text"]).drop_duplicates("TC_Key", keep="last")
    tests = tests[["TC_Key", "TP_Key", "text"]].set_axis(["test_id", "scope", "text"], axis=1)
    builds = frame.groupby("Build_ID").agg(
        scope=("TP_Key", "first"),
        started_at=("started_at", "min"),
        change=("commit", "first"),
        paths=("CR_Component_Name", "first"),
    )
    builds["change_text"] = ["\n".join(ast.literal_eval(text)) for text in builds.pop("change")]
    builds["change_paths"] = [text.strip("[]'").split("', '") for text in builds.pop("paths")]
    builds = builds.reset_index(names="build_id").sort_values(["started_at", "build_id"])
    for name, table in (("builds", builds), ("tests", tests), ("runs", runs)):
        table.to_parquet(out / f"{name}.parquet", index=False)
    return {"tables": str(out), "accepted": len(runs), "rejected": rejected}


def measure(side: str, path: Path, out: Path) -> dict[str, Any]:
    """Run one side in a process of its own; seconds from after the imports, peak memory in MB."""
    out.mkdir()
    command = [sys.executable, __file__, "--side", side, "--file", str(path), "--out", str(out)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def run_side(side: str, path: Path, out: Path) -> None:
    """The child: import, then work under the clock."""
    import pandas  # noqa: F401

    import domain_ft.landing.ingest  # noqa: F401

    before, worked = time.perf_counter(), time.process_time()
    answer = {"ours": ingest_ours, "pandas": ingest_pandas}[side](path, out)
    seconds = time.perf_counter() - before
    worked = time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**answer, "seconds": seconds, "cpu_seconds": worked, "peak_mb": peak}))


def same_tables(ours: str, peer: str) -> bool:
    """Whether both sides published the same content."""
    import polars as pl

    from domain_ft.history.tables import BUILDS, RUNS, TESTS, History, history_digest, read_history

    builds, tests, runs = (pl.read_parquet(Path(peer) / f"{name}.parquet") for name in ("builds", "tests", "runs"))
    builds = (
        builds.with_columns(change_ids=pl.lit([], dtype=pl.List(pl.String))).select(list(BUILDS)).cast(dict(BUILDS))
    )
    history = History(
        builds,
        tests.select(list(TESTS)),
        runs.select(list(RUNS)).with_columns(duration_s=pl.col("duration_s").fill_nan(None)),
    )
    return history_digest(history) == history_digest(read_history(Path(ours)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--side", choices=["ours", "pandas"], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        run_side(given.side, given.file, given.out)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.csv"
        make_file(path, given.rows)
        size = path.stat().st_size
        ours = measure("ours", path, Path(folder) / "ours")
        peer = measure("pandas", path, Path(folder) / "pandas")
        identical = same_tables(ours["tables"], peer["tables"])
    print(
        json.dumps(
            {
                "benchmark": "ingest",
                "rows": given.rows,
                "file_mb": round(size / 1e6),
                "cores": os.cpu_count(),
                "load": round(os.getloadavg()[0], 1),
                "seconds": round(ours["seconds"], 2),
                "cpu_seconds": round(ours["cpu_seconds"], 2),
                "rows_per_s": round(given.rows / ours["seconds"]),
                "peak_mb": round(ours["peak_mb"]),
                "accepted": ours["accepted"],
                "rejected": ours["rejected"],
                "pandas_seconds": round(peer["seconds"], 2),
                "pandas_cpu_seconds": round(peer["cpu_seconds"], 2),
                "pandas_peak_mb": round(peer["peak_mb"]),
                "speedup": round(peer["seconds"] / ours["seconds"], 2),
                "identical": identical,
            }
        )
    )


if __name__ == "__main__":
    main()

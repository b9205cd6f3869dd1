"""What the features of a million (build, test) rows cost, against the same in plain pandas, in the same run.

    python benchmarks/prioritization_features.py --rows 1000000

Both compute, from one made-up history in memory, what was known of each test when each build started. The pandas side
has the record of each test (runs, failure rates, flips, ages, durations) the way a notebook has it, grouped by test,
shifted, expanding, and what change and test say alike; builds end before the next begins, so that this is the same.
Compared is the time of both; `seconds` is that of all our structural features, those of similar changes included.
Figures that both have must be equal. Prints one JSON line.
"""

import argparse
import json
import resource
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from mining import synthesize

from domain_ft.history.tables import History
from domain_ft.lexical import LexicalIndex
from domain_ft.prioritization.features import STRUCTURAL, labelled_rows, structural_features
from domain_ft.prioritization.lexical_features import lexical_features
from domain_ft.prioritization.settings import LookbackSettings
from domain_ft.prioritization.test_records import record_features
from domain_ft.prioritization.timeline import build_timeline
from domain_ft.prioritization.word_counts import count_words
from domain_ft.words import words

COMMON = ("known_runs", "failure_rate", "recent_failure_rate", "decayed_failure_rate", "flakiness_rate", "last_failed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--peer-rows", type=int, default=None, help="Rows that pandas computes; default: all.")
    parser.add_argument("--seed", type=int, default=42)
    given = parser.parse_args()
    history = _one_after_the_other(synthesize(given.rows, given.seed))
    ours = _ours(history)
    peer = _peer(history, given.peer_rows)
    _compare(ours["record"], peer["record"])
    scale = ours["rows"] / peer["rows"]
    print(
        json.dumps({
            "rows": ours["rows"],
            "builds": history.builds.height,
            "tests": history.tests.height,
            "features": len(STRUCTURAL),
            "seconds": round(ours["seconds"], 2),
            "record_seconds": round(ours["record_seconds"], 2),
            "record_and_words_seconds": round(ours["record_and_words_seconds"], 2),
            "peer": {
                "name": "pandas and bm25s, without similar changes",
                "rows": peer["rows"],
                "seconds": round(peer["seconds"], 2),
                "record_seconds": round(peer["record_seconds"], 2),
            },
            "times_faster": round(scale * peer["seconds"] / ours["record_and_words_seconds"], 1),
            "times_faster_record": round(scale * peer["record_seconds"] / ours["record_seconds"], 1),
            "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        })
    )  # fmt: skip


def _one_after_the_other(history: History) -> History:
    """The same builds, each begun when the one before it has ended."""
    taken = history.runs.group_by("build_id").agg(pl.col("duration_s").sum().alias("taken"))
    builds = history.builds.sort("started_at", "build_id").join(taken, on="build_id", how="left", maintain_order="left")
    micros = ((builds["taken"].fill_null(0.0) + 60).cum_sum() * 1_000_000).cast(pl.Int64).cast(pl.Duration("us"))
    return replace(history, builds=builds.with_columns(started_at=builds["started_at"].min() + micros).drop("taken"))


def _ours(history: History) -> dict[str, Any]:
    began = time.perf_counter()
    timeline = build_timeline(history, "flip")
    rows, _ = labelled_rows(timeline)
    structural_features(timeline, rows, LookbackSettings())
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    timeline = build_timeline(history, "flip")
    rows, _ = labelled_rows(timeline)
    record = record_features(timeline, rows.build, rows.test, window=5, half_life=10)
    record_seconds = time.perf_counter() - began
    lexical_features(timeline, count_words(timeline), rows.build, rows.test)
    with_words = time.perf_counter() - began
    frame = pl.DataFrame({name: record[name] for name in COMMON}).with_columns(
        build_id=pl.Series(np.array(timeline.build_ids)[rows.build]),
        test_id=pl.Series(np.array(timeline.test_ids)[rows.test]),
    )
    return {
        "rows": len(rows),
        "seconds": seconds,
        "record_seconds": record_seconds,
        "record_and_words_seconds": with_words,
        "record": frame,
    }


def _peer(history: History, limit: int | None) -> dict[str, Any]:
    """Group by test, shift by one, expand: each test by itself, as such code is written."""
    runs = history.runs.filter(pl.col("verdict").is_in(["pass", "fail", "error"])).to_pandas()
    builds = history.builds.select("build_id", "started_at").to_pandas()
    if limit is not None:
        kept = runs["test_id"].drop_duplicates()
        share = max(1, int(len(kept) * limit / len(runs)))
        runs = runs[runs["test_id"].isin(kept.iloc[:share])]
    began = time.perf_counter()
    table = runs.merge(builds, on="build_id").sort_values(["test_id", "started_at"])
    table["failed"] = table["verdict"].isin(["fail", "error"]).astype(float)
    parts = []
    for _, own in table.groupby("test_id", sort=False):
        past = own["failed"].shift(1)
        flips = (own["failed"].diff().abs()).shift(1)
        runs_before = np.arange(len(own), dtype=float)
        parts.append(
            pd.DataFrame({
                "build_id": own["build_id"],
                "test_id": own["test_id"],
                "known_runs": runs_before,
                "failure_rate": past.expanding().mean(),
                "recent_failure_rate": past.rolling(5, min_periods=1).mean(),
                "decayed_failure_rate": past.ewm(halflife=10).mean(),
                "flakiness_rate": flips.expanding().sum() / np.where(runs_before > 1, runs_before - 1, np.nan),
                "last_failed": past,
                "test_age_days": (own["started_at"] - own["started_at"].iloc[0]).dt.total_seconds() / 86_400,
                "days_since_run": (own["started_at"] - own["started_at"].shift(1)).dt.total_seconds() / 86_400,
                "mean_duration_s": own["duration_s"].shift(1).expanding().mean(),
                "days_since_failure": _days(own["started_at"], own["failed"] > 0),
                "days_since_transition": _days(own["started_at"], own["failed"].diff().abs() > 0),
                "runs_since_failure": runs_before - 1 - pd.Series(
                    np.where(own["failed"] > 0, runs_before, np.nan), own.index
                ).shift(1).ffill(),
                "test_novelty": runs_before == 0,
            })
        )  # fmt: skip
    record = pd.concat(parts)
    record_seconds = time.perf_counter() - began
    words_seconds = _peer_words(record[["build_id", "test_id"]], history)
    return {
        "rows": len(record),
        "record_seconds": record_seconds,
        "seconds": record_seconds + words_seconds,
        "record": pl.from_pandas(record[["build_id", "test_id", *COMMON]]),
    }


def _days(started: "pd.Series[Any]", marked: "pd.Series[Any]") -> "pd.Series[Any]":
    return (started - started.where(marked).shift(1).ffill()).dt.total_seconds() / 86_400


def _peer_words(rows: pd.DataFrame, history: History) -> float:
    """The words that a change and a test share, row by row, and BM25 by the library, build by build; its seconds."""
    began = time.perf_counter()
    texts = history.tests.sort("test_id")
    said = {test: frozenset(words(text)) for test, text in texts.select("test_id", "text").iter_rows()}
    place = {test: number for number, test in enumerate(texts["test_id"])}
    changes = dict(history.builds.select("build_id", "change_text").iter_rows())
    paths = dict(history.builds.select("build_id", "change_paths").iter_rows())
    index = LexicalIndex(texts["text"].to_list())
    parts = []
    for build, own in rows.groupby("build_id", sort=False):
        spoken, touched = frozenset(words(changes[build])), frozenset(words(" ".join(paths[build])))
        scores = index.scores(changes[build])
        parts.append(
            pd.DataFrame({
                "bm25": scores[own["test_id"].map(place)],
                "text_overlap": [len(said[test] & spoken) / len(said[test]) for test in own["test_id"]],
                "component_overlap": [len(said[test] & touched) / len(said[test]) for test in own["test_id"]],
                "area_overlap": [len(said[test] & (spoken | touched)) > 0 for test in own["test_id"]],
            })
        )  # fmt: skip
    pd.concat(parts)
    return time.perf_counter() - began


def _compare(ours: pl.DataFrame, peer: pl.DataFrame) -> None:
    both = peer.join(ours, on=["build_id", "test_id"], suffix="_ours")
    if both.height != peer.height:
        raise SystemExit(f"{peer.height} rows of the peer, {both.height} of them ours")
    for name in COMMON:
        one, other = both[name].to_numpy(), both[f"{name}_ours"].to_numpy()
        known = ~np.isnan(one) & ~np.isnan(other)
        if not np.allclose(one[known], other[known], atol=1e-6):
            worst = int(np.nanargmax(np.abs(one - other)))
            raise SystemExit(f"{name} differs: {one[worst]} and {other[worst]} in row {worst}")


if __name__ == "__main__":
    main()

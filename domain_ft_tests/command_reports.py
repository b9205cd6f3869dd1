"""The JSON of commands as they print it, made up, and what is read off the tables that are made of it."""

from typing import Any

WIN = "WIN: the candidate is better than the base: MAP 0.198 against 0.129, a difference of +0.069 on 95 builds."
REGRESSION = (
    "REGRESSION: the candidate is worse than the champion: MAP 0.101 against 0.129, a difference of -0.028 (95 % CI "
    "-0.041 to -0.012) on 95 builds. Not shown to hold against the base: MRR@10."
)
INCONCLUSIVE = (
    "INCONCLUSIVE: candidate and base cannot be told apart: MAP 0.131 against 0.129, a difference of +0.002 (95 % CI "
    "-0.009 to +0.013) on 95 builds. To decide an effect of 0.01, about 1,240 builds are needed."
)
STAYS = "the verdict on map against the base is INCONCLUSIVE, so it stays challenger"
MODEL = "/world/models/test_history/f6ddf25b0638"


def estimate(mean: float) -> dict[str, float]:
    return {"mean": mean, "low": mean - 0.05, "high": mean + 0.05, "n": 95, "clusters": 90}


def benchmark() -> dict[str, Any]:
    """The object of `domain-ft benchmark --json`; keys are sorted, as they come from a file."""
    ranked = {"random": 0.021, "bm25": 0.087, "base": 0.129, "candidate": 0.198}
    arms: dict[str, Any] = {name: {"apfd": estimate(0.5), "map": estimate(ranked[name])} for name in sorted(ranked)}
    for name in ("base", "candidate"):
        arms[name]["similarity_gap"] = estimate(0.313)
    return {
        "arms": arms,
        "collapse": {"arms": {"candidate": {"mean_pairwise_cosine": 0.2, "effective_rank": 257.3, "dimension": 384}}},
        "gates": [{"gate": "MAP >= 0.5", "metric": "map", "value": 0.198, "passed": False}],
        "general_ability": {"arms": {"candidate": {"accuracy_at_10": estimate(0.97), "mrr_at_10": estimate(0.81)}}},
        "speed": {"candidate": {"median_ms": 7.25, "p95_ms": 9.5, "texts_per_second": 210.4}},
        "evaluation_file": None,
        "headline": WIN,
        "n": 1095,
        "relevance": "flip",
        "units": "builds",
        "primary_metric": "map",
        "report": "/world/data/test_history/benchmarks/11697d7ffe8b/report.html",
        "slices": {"breaks": arms, "fixes": {"base": {"map": {"mean": 0.25, "low": None, "high": None}}}},
        "verdict": "WIN",
    }


def promotion() -> dict[str, Any]:
    """The object of `domain-ft promote --json` where there is no champion, before or after."""
    version = {
        "aliases": ["challenger"],
        "primary_metric": "map",
        "registered_at": "2026-11-21T04:11:31+00:00",
        "verdict": "INCONCLUSIVE",
        "version": "f6ddf25b0638",
    }
    return {
        "challenger": "f6ddf25b0638",
        "champion": None,
        "previous": None,
        "promoted": False,
        "reason": STAYS,
        "versions": [version],
    }


def run() -> dict[str, Any]:
    """The object of `domain-ft run --json`."""
    file = {"name": "s.csv", "read": 1442, "accepted": 1435, "rejected": 7, "duplicates": 0, "skipped": False}
    return {
        "ingest": {
            "files": [{**file, "rules": {"date_unparsable": 7}}],
            "notes": ["TC_Steps: no such column, done without"],
            "rejected": 7,
            "quarantine": "/world/data/test_history/quarantine",
            "digest": "39522f40e290",
            "kind": "history",
            "warnings": {},
            "tables": {"builds": 100, "tests": 40, "runs": 1435},
        },
        "dataset": {
            "counts": {"test": 63, "train": 136, "validation": 28},
            "digest": "03f3568a792a",
            "funnel": [{"count": 1435, "name": "rows", "why": "runs of the history"}],
            "leakage": {"builds_in_two_splits": 0, "triplets_crossing_splits": 0},
            "notes": ["4 groups in the test split; at least 6 are needed for a verdict"],
        },
        "train": {
            "version": "f6ddf25b0638",
            "path": MODEL,
            "reused": False,
            "steps": 1200,
            "seconds": 83.4,
            "examples_per_second": 201.7,
            "validation": {"map": 0.214},
            "base_validation": {"map": 0.131},
            "warnings": ["the loss did not fall: try more epochs"],
        },
        "benchmark": benchmark(),
        "promotion": promotion(),
    }


def cells(lines: list[str], first: str) -> list[str]:
    """The cells of the first table row that begins so."""
    rows = [
        [cell.strip() for cell in line.strip("│┃ ").replace("┃", "│").split("│")] for line in lines if line[:1] in "│┃"
    ]
    return next(row for row in rows if row[0] == first)

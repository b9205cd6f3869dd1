"""The files of a published benchmark, and how they are read: by the report, the gate and the registry alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from domain_ft.store.publish import read_content

BENCHMARK, REPORT, MARKDOWN = "benchmark.json", "report.html", "report.md"
Verdict = Literal["WIN", "REGRESSION", "INCONCLUSIVE"]


def read_benchmark(folder: Path) -> dict[str, Any]:
    """The content of `benchmark.json`, unaltered since it was published; DomainFtError otherwise."""
    return read_content(folder, BENCHMARK, "run the benchmark again")


def outcome_of(document: Mapping[str, Any]) -> str:
    """What a benchmark says of its candidate, in its own words: its decision where it has one, else its verdict."""
    decision = document.get("decision")
    return str(decision["outcome"] if decision else document["verdict"])

"""The files of a published benchmark, and how they are read: by the report, the gate and the registry alike."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from domain_ft.errors import DomainFtError
from domain_ft.store.publish import verify_folder

BENCHMARK, REPORT, MARKDOWN = "benchmark.json", "report.html", "report.md"
Verdict = Literal["WIN", "REGRESSION", "INCONCLUSIVE"]


def read_benchmark(folder: Path) -> dict[str, Any]:
    """The content of `benchmark.json`, unaltered since it was published; DomainFtError otherwise."""
    verify_folder(folder)
    path = folder / BENCHMARK
    try:
        document = json.loads(path.read_bytes())
    except OSError:
        raise DomainFtError(f"{path}: not there, so nothing can be decided; run the benchmark again") from None
    except ValueError as error:
        raise DomainFtError(f"{path}: not readable as JSON ({error}); run the benchmark again") from None
    if not isinstance(document, dict):
        raise DomainFtError(f"{path}: holds no JSON object; run the benchmark again")
    return document


def outcome_of(document: Mapping[str, Any]) -> str:
    """What a benchmark says of its candidate, in its own words: its decision where it has one, else its verdict."""
    decision = document.get("decision")
    return str(decision["outcome"] if decision else document["verdict"])

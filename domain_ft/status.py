"""Where each domain stands, read from the disk alone: quick, and true without any server."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from domain_ft.automation.failures import failure_log, last_failure
from domain_ft.automation.retrain import new_rows, newest_history, trained_history
from domain_ft.domain import Domain, all_domains
from domain_ft.errors import DomainFtError
from domain_ft.evaluation.benchmark_file import read_benchmark
from domain_ft.registry.owed import owed
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed, published_at, read_manifest

NOTHING: dict[str, Any] = {
    "landing": 0,
    "raw": None,
    "rows": None,
    "new_rows": None,
    "dataset": None,
    "model": None,
    "trained_at": None,
    "verdict": None,
    "champion": None,
    "owed": [],
    "failure": None,
}


def status_of_domains(home: Home) -> list[dict[str, Any]]:
    """One row per domain: files in landing, and what raw, dataset, model and champion point at (None: nothing yet).

    `rows` are those of the history, `new_rows` those that the newest model has not seen; `verdict` is that of the
    newest benchmark; `owed` is what MLflow has yet to be told, `[{kind, name, since, why}]`; `failure` is the last
    failed run, if nothing was published since. `says` is all of that in one sentence.
    """
    return [status_of_domain(domain, home) for domain in all_domains()]


def status_of_domain(domain: Domain, home: Home) -> dict[str, Any]:
    """One row; what cannot be read is the row's sentence, and hides no other domain."""
    row = {"name": domain.name, "kind": domain.kind, **NOTHING}
    try:
        row |= _found(domain, home)
        return {**row, "says": _sentence(row, home)}
    except (DomainFtError, OSError) as error:
        return {**row, "says": str(error)}


def _found(domain: Domain, home: Home) -> dict[str, Any]:
    """What the disk says of a domain."""
    name, landing = domain.name, home.landing(domain.name)
    raw, model = pointed(home.raw(name) / "current"), pointed(home.models(name) / "current")
    benchmark = pointed(home.benchmarks(name) / "current")
    history = newest_history(home, name)
    return {
        "landing": sum(1 for path in landing.glob("[!.]*")) if landing.is_dir() else 0,
        "raw": raw and raw.name,
        "rows": read_manifest(raw)["rows"] if raw else None,
        "new_rows": new_rows(history, trained_history(home, name)) if history else None,
        "dataset": _name(home.triplets(name) / "current"),
        "model": model and model.name,
        "trained_at": published_at(model).isoformat(timespec="seconds") if model else None,
        "verdict": read_benchmark(benchmark)["verdict"] if benchmark else None,
        "champion": _name(home.models(name) / "champion"),
        "owed": [debt.as_json() for debt in owed(home, name)],
        "failure": _standing_failure(domain, home, [folder for folder in (raw, model, benchmark) if folder]),
    }


def _standing_failure(domain: Domain, home: Home, published: Sequence[Path]) -> str | None:
    """The domain's last failed run, unless something was published after it."""
    failed = last_failure(home, domain.name, domain.job_names)
    if failed and all(failed.at >= published_at(folder).replace(microsecond=0) for folder in published):
        return failed.text
    return None


def _sentence(row: dict[str, Any], home: Home) -> str:
    """Where a domain stands and, where it is a person's turn, what to do."""
    name = row["name"]
    if row["failure"]:
        return f"{row['failure']} (more in {failure_log(home)})"
    if row["raw"] is None:
        return f"no history yet: drop files into {home.landing(name)}, or run domain-ft ingest {name} FILE"
    if row["model"] is None:
        return f"no model yet: run domain-ft run {name}"
    said = _headline(home, name, row["model"]) or f"not judged yet: run domain-ft benchmark {name}"
    entries = f"{len(row['owed'])} entr{'y' if len(row['owed']) == 1 else 'ies'}"
    return f"{said} MLflow is owed {entries}: start it." if row["owed"] else said


def _headline(home: Home, domain: str, model: str) -> str | None:
    """What the newest benchmark says, if it judged this model."""
    folder = pointed(home.benchmarks(domain) / "current")
    document = read_benchmark(folder) if folder else None
    judged = document is not None and document["models"]["candidate"]["version"] == model
    return str(document["headline"]) if document and judged else None


def _name(link: Path) -> str | None:
    folder = pointed(link)
    return folder.name if folder else None

"""Where each domain stands, read from the disk alone: quick, and true without any server."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from domain_ft.amounts import counted
from domain_ft.automation.failures import failure_log, last_failure
from domain_ft.automation.retrain import learned_content, new_rows, newest_content
from domain_ft.domain import Domain
from domain_ft.domains import all_domains
from domain_ft.errors import DomainFtError
from domain_ft.evaluation.benchmark_file import outcome_of, read_benchmark
from domain_ft.registry.owed import owed
from domain_ft.safe_text import masked, one_line
from domain_ft.store.done import done_at
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed, published_at, read_manifest

WON = ("WIN", "GO")
"""What a benchmark says of a candidate that is better; of an adapter, by enough."""
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

    `rows` are those that landed, `new_rows` those that the newest model (of requirements: dataset) has not seen;
    `verdict` is that of the newest benchmark; `owed` is what MLflow has yet to be told, `[{kind, name, since, why}]`;
    `failure` is the last failed run, if nothing was published since. `says` is all of that in one sentence.
    """
    return [status_of_domain(domain, home) for domain in all_domains()]


def status_of_domain(domain: Domain, home: Home) -> dict[str, Any]:
    """One row; what cannot be read counts as its failure, and hides neither the rest nor another domain."""
    row, unreadable = {"name": domain.name, "kind": domain.kind, **NOTHING}, []
    for name, read in _facts(domain, home).items():
        try:
            row[name] = read()
        except (DomainFtError, OSError) as error:
            unreadable.append(one_line(masked(str(error))))
    if unreadable:
        return {**row, "failure": unreadable[0], "says": unreadable[0]}
    return {**row, "says": _sentence(row, home)}


def _facts(domain: Domain, home: Home) -> dict[str, Callable[[], Any]]:
    """What the disk says of a domain, each fact by itself."""
    name = domain.name
    return {
        "landing": lambda: sum(1 for _ in home.landing(name).glob("[!.]*")),
        "raw": lambda: _name(home.raw(name) / "current"),
        "rows": lambda: _rows(home, name),
        "new_rows": lambda: _new_rows(domain, home),
        "dataset": lambda: _name((home.fixed if domain.kind == "adapter" else home.triplets)(name) / "current"),
        "model": lambda: _name(home.models(name) / "current"),
        "trained_at": lambda: _trained_at(home, name),
        "verdict": lambda: _verdict(home, name),
        "champion": lambda: _name(home.models(name) / "champion"),
        "owed": lambda: [debt.as_json() for debt in owed(home, name)],
        "failure": lambda: _standing_failure(domain, home),
    }


def _rows(home: Home, domain: str) -> int | None:
    folder = pointed(home.raw(domain) / "current")
    return int(read_manifest(folder)["rows"]) if folder else None


def _new_rows(domain: Domain, home: Home) -> int | None:
    content = newest_content(home, domain.name)
    return new_rows(content, learned_content(home, domain.name)) if content else None


def _trained_at(home: Home, domain: str) -> str | None:
    model = pointed(home.models(domain) / "current")
    return published_at(model).isoformat(timespec="seconds") if model else None


def _verdict(home: Home, domain: str) -> str | None:
    benchmark = pointed(home.benchmarks(domain) / "current")
    return outcome_of(read_benchmark(benchmark)) if benchmark else None


def _standing_failure(domain: Domain, home: Home) -> str | None:
    """The domain's last failed run, unless the stage that failed, or one after it, has been done since."""
    failed = last_failure(home, domain.name, domain.job_names)
    if failed is None:
        return None
    stages = [stage for stage in domain.stages if f"{domain.name}__{stage}" in failed.steps]
    later = domain.stages[domain.stages.index(stages[-1]) :] if stages else domain.stages
    done = (done_at(home, domain.name, stage) for stage in later)
    return None if any(at is not None and at >= failed.at for at in done) else failed.text


def _sentence(row: dict[str, Any], home: Home) -> str:
    """Where a domain stands and, where it is a person's turn, what to do."""
    name = row["name"]
    if row["failure"]:
        return f"{row['failure']} (more in {failure_log(home)})"
    if row["raw"] is None:
        return f"nothing landed yet: drop files into {home.landing(name)}, or run domain-ft ingest {name} FILE"
    if row["model"] is None:
        records = _records_sentence(home, name) if row["kind"] == "adapter" else None
        made, left = (f"{records}; ", "train") if records else ("", "run")
        return f"{made}no model yet: run domain-ft {left} {name}"
    said = _headline(home, name, row["model"]) or f"not judged yet: run domain-ft benchmark {name}"
    if row["owed"]:
        return f"{said} MLflow is owed {counted(len(row['owed']), 'entries')}, and told of them once it answers."
    if row["verdict"] in WON and row["champion"] != row["model"] and said.startswith(WON):
        return f"{said} It is not the champion: domain-ft promote {name} decides, or says why not."
    return said


def _records_sentence(home: Home, name: str) -> str | None:
    """What became of a domain's requirement records; None where nothing was made of them."""
    folder = pointed(home.fixed(name) / "current")
    if folder is None:
        return None
    from domain_ft.splits.by_time import SPLITS

    manifest = read_manifest(folder)
    parts = ", ".join(f"{manifest['counts'][part]:,} {part}" for part in SPLITS)
    aside = manifest["quarantined"]
    left = f"; {counted(aside, 'records')} could not be repaired: {folder / 'quarantine.jsonl'}" if aside else ""
    return f"{sum(manifest['counts'].values()):,} records are fit to learn from ({parts}){left}"


def _headline(home: Home, domain: str, model: str) -> str | None:
    """What the newest benchmark says, if it judged this model."""
    folder = pointed(home.benchmarks(domain) / "current")
    document = read_benchmark(folder) if folder else None
    judged = document is not None and document["models"]["candidate"]["version"] == model
    return str(document["headline"]) if document and judged else None


def _name(link: Path) -> str | None:
    folder = pointed(link)
    return folder.name if folder else None

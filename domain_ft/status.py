"""Where each domain stands, read from the manifests on disk alone: quick, and true without any server."""

from pathlib import Path
from typing import Any

from domain_ft.domain import Domain, domain_files
from domain_ft.registry.owed import owed
from domain_ft.store.home import Home
from domain_ft.store.publish import pointed, read_manifest


def status_of_domains(home: Home) -> list[dict[str, Any]]:
    """One row per domain: files in landing, and what raw, dataset, model and champion point at (None: nothing yet).

    `owed` is what MLflow has yet to be told: `[{kind, name, since, why}]`.
    """
    return [_status(Domain.load(file), home) for file in domain_files()]


def _status(domain: Domain, home: Home) -> dict[str, Any]:
    landing = home.landing(domain.name)
    return {
        "name": domain.name,
        "kind": domain.kind,
        "landing": sum(1 for path in landing.glob("[!.]*")) if landing.is_dir() else 0,
        "raw": _pointed(home.raw(domain.name) / "current"),
        "dataset": _pointed(home.triplets(domain.name) / "current"),
        "model": _pointed(home.models(domain.name) / "current"),
        "champion": _pointed(home.models(domain.name) / "champion"),
        "rows": _rows(home.raw(domain.name) / "current"),
        "owed": [debt.as_json() for debt in owed(home, domain.name)],
    }


def _pointed(link: Path) -> str | None:
    folder = pointed(link)
    return folder.name if folder else None


def _rows(link: Path) -> int | None:
    folder = pointed(link)
    return read_manifest(folder)["counts"]["runs"] if folder else None

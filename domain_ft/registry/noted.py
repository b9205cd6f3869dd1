"""Which models MLflow knows already, noted on disk: to import it takes seconds, to have nothing to do should not.

A note holds for one store and one address of its pages. Whoever deletes a version in MLflow finds it registered again
with its next new benchmark or promotion.
"""

import json
from pathlib import Path
from typing import Any

from domain_ft.registry.address import local_store_uri, tracking_uri, ui_address
from domain_ft.registry.local_store import REGISTERED, store_path
from domain_ft.store.digests import sha256_json
from domain_ft.store.home import Home
from domain_ft.store.publish import write_json


def noted_url(home: Home, domain: str, version: str, benchmark: str | None = None) -> str | None:
    """The page of a registered model's run, if it was noted for the MLflow in use; of a benchmark, if it is the one
    last told there."""
    note = _read(home, domain, version)
    if note.get("store") != _store(home) or benchmark not in (None, note.get("benchmark")):
        return None
    url = note.get("url")
    return url if isinstance(url, str) else None


def note_url(home: Home, domain: str, version: str, url: str, benchmark: str | None = None) -> None:
    """Note that a model is registered in the MLflow in use, and the benchmark that it was just told of."""
    note = {"store": _store(home), "url": url, "benchmark": benchmark}
    known = _read(home, domain, version)
    if known == note or (benchmark is None and known == note | {"benchmark": known.get("benchmark")}):
        return
    path = _note(home, domain, version)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, note)


def _read(home: Home, domain: str, version: str) -> dict[str, Any]:
    try:
        note = json.loads(_note(home, domain, version).read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _note(home: Home, domain: str, version: str) -> Path:
    return home.state / REGISTERED / domain / f"{version}.json"


def _store(home: Home) -> str:
    """A digest of which store this is (an address may hold a password), of our own file whether it is the same."""
    uri, own = tracking_uri(home), store_path(home)
    file = own.stat().st_ino if uri == local_store_uri(home) and own.exists() else None
    return sha256_json([uri, file, ui_address(home)])

"""What each stage of a domain has published, with what it was made from and what it refers to."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain_ft.model_folders.digest import model_digest
from domain_ft.retention.on_disk import folders_in, is_fixed, manifest_of, note_in
from domain_ft.retention.plan import SETTLING, Kind, Node, Thing
from domain_ft.store.digests import short
from domain_ft.store.home import Home
from domain_ft.store.publish import MANIFEST

LEADERBOARD = "leaderboard.json"


def published_stages(home: Home, domain: str) -> list[tuple[Kind, Path]]:
    """Where the things of each kind are published."""
    return [
        ("raw", home.raw(domain)),
        ("dataset", home.triplets(domain)),
        ("dataset", home.fixed(domain)),
        ("audit", home.audits(domain)),
        ("model", home.models(domain)),
        ("benchmark", home.benchmarks(domain)),
        ("comparison", home.base_comparisons(domain)),
        ("leaderboard", home.surveys(domain)),
        ("prioritization", home.prioritizations(domain)),
        ("index", home.indexes(domain)),
        ("detector", home.out_of_distribution(domain)),
        ("survey", home.model_surveys(domain)),
        ("answers", home.answers(domain)),
        ("prompt", home.prompts(domain)),
    ]


def published_things(home: Home, domain: str) -> Iterator[Thing]:
    for kind, parent in published_stages(home, domain):
        for folder in folders_in(parent):
            manifest = manifest_of(folder)
            if manifest is None:
                continue
            candidate = manifest.get("models", {}).get("candidate", {}).get("version")
            yield Thing(
                kind,
                folder.name,
                folder,
                published_at(kind, folder),
                frozenset(_origins(kind, folder, manifest, candidate)),
                model=candidate,
                split=manifest.get("split"),
                fixed=is_fixed(home, folder),
            )


def published_at(kind: Kind, folder: Path) -> float:
    """Models are told apart by when they were written; of data counts when it appeared, before it is pointed to."""
    written = (folder / MANIFEST).stat().st_mtime
    return max(written, folder.stat().st_ctime) if kind in SETTLING else written


def _origins(kind: Kind, folder: Path, manifest: dict[str, Any], candidate: str | None) -> Iterator[Node]:
    """What a published folder was made from, what judges it, and what remembers its embeddings."""
    if kind == "model":
        yield from computed_with(folder, manifest)
    if kind == "benchmark":
        yield from (("answers", str(name)) for name in manifest.get("answers", []))
        if candidate:
            yield "model", candidate
    if kind == "index":
        yield "cache", str(manifest["model"]["cache"]).rpartition("-")[0]
    if kind == "leaderboard":
        yield from (("survey", str(each["digest"])) for each in note_in(folder / LEADERBOARD).get("results", []))
    for origin in ("dataset", "raw"):
        if isinstance(manifest.get(origin), str):
            yield origin, manifest[origin]  # type: ignore[misc]


def computed_with(model: Path, manifest: dict[str, Any]) -> Iterator[Node]:
    """The caches of a model's embeddings and of its base's, and the base itself where it is a starter."""
    yield "cache", short(model_digest(model))
    yield from of_base(manifest.get("base_sha256"))


def of_base(sha256: Any) -> Iterator[Node]:
    yield "cache", short(str(sha256))
    yield "starter", str(sha256)
